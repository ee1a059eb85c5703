export { currentUserAnswer, firstUserAnswer, firstUserRequest } from './first-user.ts';
