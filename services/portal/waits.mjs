// What waits for whom: which list finds it, and the rpc that deals with each. A person is shown the rows whose list they
// may see and whose rpc they may call; nothing here says who that is.
//   within   the list stands below each cohort of that state
//   until    and not before that day of the resource has come
//   message  what the form holds, where it is not the row's name
//   where    which rows of the list wait, where no filter of the list says it; then a longer page of it is looked through
//   without  a list whose resources, of the same ids, are taken out
//   about    the field that names the school in the list's request, where it is not its parent
//   nodes    of a node above schools alone
const LATE_DAYS = 31; // a school that says nothing for a month has a quiet August, or is away: somebody is to ask
export const WAITS = [
  { key: 'cohortsToOpen', list: 'ListCohorts', field: 'cohorts', filter: 'state = "DRAFT"', act: 'OpenCohort' },
  { key: 'cohortsToStart', list: 'ListCohorts', field: 'cohorts', filter: 'state = "OPEN"', until: 'start_date', act: 'StartCohort' },
  { key: 'cohortsToFinish', list: 'ListCohorts', field: 'cohorts', filter: 'state = "RUNNING"', until: 'end_date', act: 'FinishCohort' },
  { key: 'applicationsToScore', within: 'OPEN', list: 'ListApplications', field: 'applications', filter: 'state = "SUBMITTED"', act: 'ScoreApplication' },
  { key: 'applicationsToAdmit', within: 'OPEN', list: 'ListApplications', field: 'applications', filter: 'state = "SHORTLISTED" OR state = "WAITLISTED"', act: 'AdmitApplication' },
  { key: 'sheetsToSeal', within: 'RUNNING', list: 'ListAttendanceSheets', field: 'attendanceSheets', filter: 'state = "OPEN" OR state = "CORRECTING"', act: 'SealAttendanceSheet' },
  { key: 'programmesToPublish', list: 'ListProgrammes', field: 'programmes', filter: 'state = "DRAFT"', act: 'PublishProgramme' },
  { key: 'juriesToDeliberate', list: 'ListJurySessions', field: 'jurySessions', filter: 'state = "PLANNED"', act: 'DeliberateJury' },
  { key: 'certificatesToAward', list: 'ListJurySessions', field: 'jurySessions', filter: 'state = "DELIBERATED"', act: 'AwardCertificates' },
  { key: 'findingsToClose', list: 'ListFindings', field: 'findings', filter: 'state = "OPEN"', act: 'GetFinding' },
  { key: 'invoicesToIssue', list: 'ListInvoices', field: 'invoices', filter: 'state = "DRAFT"', act: 'IssueInvoice' },
  { key: 'paymentsToRecord', list: 'ListInvoices', field: 'invoices', filter: 'state = "ISSUED"', act: 'RecordPayment' },
  { key: 'offersToPublish', list: 'ListJobOffers', field: 'jobOffers', filter: 'state = "DRAFT"', act: 'PublishJobOffer' },
  { key: 'hiringsToAnswer', list: 'ListHirings', field: 'hirings', filter: 'state = "PROPOSED"', act: 'AcceptHiring' },
  { key: 'contractsToSign', list: 'ListContracts', field: 'contracts', filter: 'state = "DRAFT"', act: 'SignContract' },
  { key: 'submissionsSetAside', list: 'ListQuarantinedSubmissions', field: 'quarantinedSubmissions', act: 'ListQuarantinedSubmissions',
    message: (row) => ({ parent: row.name.split('/').slice(0, 2).join('/') }) },
  { key: 'membersWithoutCode', nodes: true, list: 'ListMembers', field: 'members', act: 'GetMember',
    without: { list: 'ListMemberCredentials', field: 'memberCredentials' } },
  { key: 'membersNotJoined', nodes: true, list: 'ListMemberCredentials', field: 'memberCredentials', act: 'GetMemberCredential',
    where: (row) => row.state !== 'JOINED' },
  { key: 'membersLate', nodes: true, list: 'GetFreshness', field: 'sites', about: 'name', act: 'GetMember',
    where: (row) => !row.acceptTime || Date.now() - new Date(row.acceptTime) > LATE_DAYS * 86_400_000, message: (row) => ({ name: row.member }) },
  { key: 'invitationsOpen', list: 'ListInvitations', field: 'invitations', act: 'GetInvitation' },
];

// What a one-time link lets its bearer do with the one resource that it is for.
export const BY_LINK = {
  OWN_DATA: ['GetCandidate', 'UpdateCandidate'], APPLY: ['GetCohort', 'SubmitApplication'],
  ANSWER_OFFER: ['GetApplication', 'AcceptSeat', 'DeclineSeat'], SIGN_PRESENCE: ['SignPresence'],
};
