// Everything that the pages say, in each language. A key that one language lacks is a defect: main.mjs says so in the
// console, and a test compares the keys.
export const WORDS = {
  en: {
    language: 'Français', start: 'Start', console: 'Rpc console', signOut: 'Sign out', signIn: 'Sign in',
    signInAs: 'Sign in as', development: 'This site is in development: each button is a role.',
    welcome: 'What waits', nobody: 'Sign in to see what waits for you.', nothing: 'Nothing waits that you may see.',
    stranger: 'You are signed in, and have no role at {0} that shows you a list here. Whoever directs it gives roles by an invitation: ask them for one, and open the link that they send.',
    membersWithoutCode: 'Members without a join code', membersNotJoined: 'Members that have not joined, or were revoked', membersLate: 'Members without new figures for a month',
    more: '{0} or more', school: 'School', search: 'Search rpcs', request: 'Request', json: 'As JSON', curl: 'With curl',
    copy: 'Copy', copied: 'Copied', ask: 'Ask', answer: 'Answer', notYet: 'Nothing was asked yet.', choose: 'Choose an rpc.',
    permission: 'Permission: {0}', reads: 'reads', writes: 'writes', streams: 'streams', wrongJson: 'This is no JSON: {0}',
    add: 'Add to {0}', asking: 'Asking…', refused: 'Refused: {0}', required: 'required', milliseconds: '{0} ms',
    ended: 'The session has ended. Sign in again.', counted: '{0}: {1}',
    cohortsToOpen: 'Cohorts to open', cohortsToStart: 'Cohorts to start', cohortsToFinish: 'Cohorts to finish',
    applicationsToScore: 'Applications to score', applicationsToAdmit: 'Applications to admit', sheetsToSeal: 'Attendance sheets to seal',
    programmesToPublish: 'Programmes to publish', juriesToDeliberate: 'Juries to hold', certificatesToAward: 'Certificates to award',
    findingsToClose: 'Findings to look into', invoicesToIssue: 'Invoices to issue', paymentsToRecord: 'Invoices to be paid',
    offersToPublish: 'Job offers to publish', hiringsToAnswer: 'Hirings to answer', contractsToSign: 'Contracts to sign',
    submissionsSetAside: 'Submissions set aside', invitationsOpen: 'Invitations not accepted', invited: 'You were invited: accept the invitation.',
    OWN_DATA: 'Your link is for your own file.', APPLY: 'Your link is for an application.',
    ANSWER_OFFER: 'Your link is for the answer to your application.', SIGN_PRESENCE: 'Your link is for your signature.',
    sessions: 'Sessions', sessionsText: 'Where you are signed in. A session that you end is good for nothing within five seconds.',
    sessionsNone: 'You are not signed in by a session that is listed.', sessionsEndOthers: 'End my other sessions', sessionHere: '{0} (this browser)',
    sessionWho: 'Who', sessionDevice: 'Browser', sessionNetwork: 'Network', sessionSince: 'Signed in', sessionUsed: 'Last used', sessionEnds: 'End it',
    end: 'End', sessionEnd: 'End {0}, signed in {1}',
    link: 'You were sent a link', linkText: 'It opens what it is for once. Open it when you are ready.', linkOpen: 'Open', linkSignsOut: 'Opening it signs you out here.',
    linkMissing: 'Open the link from the message again.', invitationOwn: 'You are a member already, since {0}. An invitation is accepted once.', linkOver: 'This was used, has ended or was taken back. Ask the school for another one.',
    invitation: 'You were invited', invitationText: 'The school has invited you to work with it. Accept as whoever you are signed in.',
    invitationAccept: 'Accept', invitationSignIn: 'Sign in first; then accept here.', invitationDone: 'You are a member of the school now.',
    school_director: 'School director',
    admissions_officer: 'Admissions officer',
    trainer: 'Trainer',
    assessor: 'Assessor',
    finance_officer: 'Finance officer',
    partner_manager: 'Partner manager',
    network_coordinator: 'Network coordinator',
    candidate: 'Candidate',
    auditor: 'Auditor',
    data_protection_officer: 'Data protection officer',
    operator: 'Operator',
  },
  fr: {
    language: 'English', start: 'Accueil', console: 'Console des rpc', signOut: 'Se déconnecter', signIn: 'Se connecter',
    signInAs: 'Se connecter comme', development: 'Ce site est en développement : chaque bouton est un rôle.',
    welcome: 'Ce qui attend', nobody: 'Connectez-vous pour voir ce qui vous attend.', nothing: 'Rien n’attend que vous puissiez voir.',
    stranger: 'Vous êtes connecté, mais n’avez à {0} aucun rôle qui vous montre une liste ici. La direction donne les rôles par une invitation : demandez-en une, puis ouvrez le lien qu’elle vous envoie.',
    membersWithoutCode: 'Membres sans code d’adhésion', membersNotJoined: 'Membres qui n’ont pas rejoint le nœud, ou révoqués', membersLate: 'Membres sans nouveaux chiffres depuis un mois',
    more: '{0} ou plus', school: 'École', search: 'Chercher une rpc', request: 'Requête', json: 'En JSON', curl: 'Avec curl',
    copy: 'Copier', copied: 'Copié', ask: 'Demander', answer: 'Réponse', notYet: 'Rien n’a encore été demandé.', choose: 'Choisissez une rpc.',
    permission: 'Permission : {0}', reads: 'lit', writes: 'écrit', streams: 'en flux', wrongJson: 'Ce n’est pas du JSON : {0}',
    add: 'Ajouter à {0}', asking: 'Demande en cours…', refused: 'Refusé : {0}', required: 'obligatoire', milliseconds: '{0} ms',
    ended: 'La session est terminée. Reconnectez-vous.', counted: '{0} : {1}',
    cohortsToOpen: 'Promotions à ouvrir', cohortsToStart: 'Promotions à démarrer', cohortsToFinish: 'Promotions à terminer',
    applicationsToScore: 'Candidatures à noter', applicationsToAdmit: 'Candidatures à admettre', sheetsToSeal: 'Feuilles d’émargement à sceller',
    programmesToPublish: 'Programmes à publier', juriesToDeliberate: 'Jurys à tenir', certificatesToAward: 'Certificats à délivrer',
    findingsToClose: 'Constats à examiner', invoicesToIssue: 'Factures à émettre', paymentsToRecord: 'Factures à encaisser',
    offersToPublish: 'Offres d’emploi à publier', hiringsToAnswer: 'Embauches à confirmer', contractsToSign: 'Contrats à signer',
    submissionsSetAside: 'Remontées mises de côté', invitationsOpen: 'Invitations non acceptées', invited: 'Vous êtes invité : acceptez l’invitation.',
    OWN_DATA: 'Votre lien donne accès à votre dossier.', APPLY: 'Votre lien sert à déposer une candidature.',
    ANSWER_OFFER: 'Votre lien sert à répondre à votre candidature.', SIGN_PRESENCE: 'Votre lien sert à signer votre présence.',
    sessions: 'Sessions', sessionsText: 'Où vous êtes connecté. Une session que vous terminez ne vaut plus rien au bout de cinq secondes.',
    sessionsNone: 'Vous n’êtes pas connecté par une session répertoriée.', sessionsEndOthers: 'Terminer mes autres sessions', sessionHere: '{0} (ce navigateur)',
    sessionWho: 'Qui', sessionDevice: 'Navigateur', sessionNetwork: 'Réseau', sessionSince: 'Connexion', sessionUsed: 'Dernier usage', sessionEnds: 'Y mettre fin',
    end: 'Terminer', sessionEnd: 'Terminer {0}, connexion du {1}',
    link: 'Vous avez reçu un lien', linkText: 'Il ouvre une seule fois ce pour quoi il est fait. Ouvrez-le quand vous êtes prêt.', linkOpen: 'Ouvrir', linkSignsOut: 'L’ouvrir vous déconnecte ici.',
    linkMissing: 'Ouvrez de nouveau le lien du message.', invitationOwn: 'Vous êtes déjà membre, depuis le {0}. Une invitation s’accepte une seule fois.', linkOver: 'Il a déjà servi, a expiré ou a été retiré. Demandez-en un autre à l’école.',
    invitation: 'Vous êtes invité', invitationText: 'L’école vous invite à travailler avec elle. Acceptez avec le compte par lequel vous êtes connecté.',
    invitationAccept: 'Accepter', invitationSignIn: 'Connectez-vous d’abord, puis acceptez ici.', invitationDone: 'Vous êtes maintenant membre de l’école.',
    school_director: 'Direction de l’école',
    admissions_officer: 'Admissions',
    trainer: 'Formation',
    assessor: 'Évaluation',
    finance_officer: 'Finances',
    partner_manager: 'Relations entreprises',
    network_coordinator: 'Coordination du réseau',
    candidate: 'Candidature',
    auditor: 'Audit',
    data_protection_officer: 'Protection des données',
    operator: 'Exploitation',
  },
};

const kept = () => { try { return localStorage.getItem('language'); } catch { return null; } };
let language = kept() ?? (globalThis.navigator?.language?.startsWith('fr') ? 'fr' : 'en');

export const currentLanguage = () => language;
export function otherLanguage() {
  language = language === 'fr' ? 'en' : 'fr';
  try { localStorage.setItem('language', language); } catch { /* a browser that keeps nothing asks again */ }
}
// A name that the services give, a role above all, in words where there are some.
export const named = (name) => WORDS[language][name] ?? name.replaceAll('_', ' ');
export const timeOf = (text) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(text));
export function say(key, ...values) {
  const text = WORDS[language][key];
  if (text === undefined) console.error(`no words for ${key}`);
  return (text ?? key).replace(/\{(\d)\}/g, (_, i) => values[i]);
}
