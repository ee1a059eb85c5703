export { firstUserAnswer, firstUserRequest } from './first-user.ts';
export { globalMessageRequest } from './global-message.ts';
export {
  newDefaultPermissionRequest,
  newOrganizationRequest,
  organizationChangeRequest,
  teamRequest,
} from './organization.ts';
export { applicationRequest, newApiTokenRequest, newApplicationRequest, newAppTokenRequest } from './oauth.ts';
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
export { repositoryTokenRequest } from './repository-token.ts';
export { approvalRequest, newServiceKeyRequest, serviceKeyChangeRequest } from './service-key.ts';
export {
  federationTestRequest,
  newRobotRequest,
  newRobotTokenRequest,
  robotExpiryRequest,
  robotFederationRequest,
} from './robot.ts';
export {
  clientKeyRequest,
  convertUserRequest,
  newUserRequest,
  recoveryRequest,
  userAnswer,
  userChangeRequest,
} from './user.ts';
export { signInRequest, verifyRequest } from './sign-in.ts';
export {
  createdInstallUserAnswer,
  installOrganizationRequest,
  installUserAnswer,
  installUserRequest,
  newInstallUserRequest,
} from './superuser.ts';
