export { currentUserAnswer, firstUserAnswer, firstUserRequest } from './first-user.ts';
export { roleRequest } from './permission.ts';
export { newRobotRequest } from './robot.ts';
export { signInRequest, verifyRequest } from './sign-in.ts';
