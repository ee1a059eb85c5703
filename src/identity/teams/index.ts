export { addTeamMember, removeTeamMember } from './change-team-member.ts';
export type { TeamMemberChange } from './change-team-member.ts';
export { listTeamMembers } from './list-team-members.ts';
export type { TeamMember } from './list-team-members.ts';
export { putTeam } from './put-team.ts';
export type { TeamChange } from './put-team.ts';
export { removeTeam } from './remove-team.ts';
export { findTeam, findTeamIdsOf } from './store.ts';
export type { TeamRow } from './store.ts';
