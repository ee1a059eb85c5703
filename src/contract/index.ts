export { currentUserAnswer, firstUserAnswer, firstUserRequest } from './first-user.ts';
export { newOrganizationRequest, organizationChangeRequest, teamRequest } from './organization.ts';
export { roleRequest } from './permission.ts';
export {
  createdRepository,
  listedRepository,
  newRepositoryRequest,
  repositoryList,
  repositoryUpdate,
  shownRepository,
  visibilityChange,
} from './repository.ts';
export { newRobotRequest } from './robot.ts';
export { signInRequest, verifyRequest } from './sign-in.ts';
