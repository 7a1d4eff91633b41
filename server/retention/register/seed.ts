import type { PurposeEntry, Span } from '../../../contract/models/retention.ts'

export const firstNote =
  'First version, made at installation: the purposes and terms that the law names, each at its ceiling or below.'

const dpv = 'https://w3id.org/dpv#'
/** Purposes DPV has no word for. */
const own = 'https://verbale.dev/purposes#'

/** Ceilings that a named text extends: MiFID II, delegated regulation 2017/565 art. 76(8)(b): up to seven years on the authority's request. */
export const extended: Readonly<Record<string, Span>> = { evidence: { months: 84 } }

const shared = { audio: null, extensionText: '', countries: [], confirmationEnds: false, ai: null, active: true }

/** IRIs beside the one of an entry, for records that others read (W3C DPV 2.3). */
export const relatedIris: Readonly<Record<string, { broader: string; measure?: string }>> = {
  evidence: { broader: `${dpv}LegalCompliance` },
  // DPV calls training of staff a measure, not a purpose
  training: { broader: `${dpv}PersonnelManagement`, measure: `${dpv}StaffTraining` },
  analytics: { broader: `${dpv}ServiceMonitoring` },
  assist: { broader: `${dpv}CommunicationForCustomerCare` },
}

/** The register a new installation starts with. */
export function seededEntries(): PurposeEntry[] {
  return [evidence(), training(), analytics(), assist()]
}

const evidence = (): PurposeEntry => ({
  ...shared,
  key: 'evidence',
  name: { it: 'Prova', fr: 'Preuve', en: 'Evidence' },
  description: {
    it: 'La registrazione originale, o la sola parte in cui si conclude il contratto, come prova di quanto concordato o perché la legge lo impone.',
    fr: 'L’enregistrement d’origine, ou la seule partie où le contrat est conclu, comme preuve de ce qui a été convenu ou parce que la loi l’impose.',
    en: 'The original recording, or only the part in which the contract is concluded, as proof of what was agreed or because the law demands it.',
  },
  spoken: { it: 'documentare quanto concordato', fr: 'prouver ce qui a été convenu', en: 'prove what was agreed' },
  legalBasis: 'contract',
  legalText: 'GDPR art. 6(1)(b)',
  iri: `${dpv}EstablishContractualAgreement`,
  audience: ['privacy_officer', 'supervisor', 'administrator'],
  material: 'original',
  keep: { months: 60 },
  ceiling: { months: 60 },
  ceilingText: 'Five years: delegated regulation (EU) 2017/565 art. 76(8)(b)',
  countries: [
    {
      country: 'FR',
      keep: null,
      audio: null,
      confirmationEnds: true,
      text: 'CNIL, 25 April 2022: deleted when the written confirmation exists',
    },
  ],
})

const training = (): PurposeEntry => ({
  ...shared,
  key: 'training',
  name: { it: 'Formazione', fr: 'Formation', en: 'Training' },
  description: {
    it: 'L’audio, muto dove la registrazione era in pausa e, una volta trascritta la chiamata, dove vi si riconosce qualcosa di personale: per formare chi risponde al telefono e curare la qualità.',
    fr: 'Le son, muet là où l’enregistrement était en pause et, une fois l’appel transcrit, là où quelque chose de personnel y est reconnu : pour former ceux qui répondent au téléphone et veiller à la qualité.',
    en: 'The audio, silent where recording was paused and, once the call is written down, where something personal is recognised in it: to train those who answer and to look after quality.',
  },
  spoken: { it: 'formare il nostro personale', fr: 'former nos conseillers', en: 'train our staff' },
  legalBasis: 'legitimate_interests',
  legalText: 'GDPR art. 6(1)(f)',
  iri: `${own}StaffTraining`,
  audience: ['agent', 'supervisor', 'quality_manager', 'administrator'],
  material: 'masked',
  keep: { months: 6 },
  ceiling: { months: 6 },
  ceilingText: 'CNIL: recordings for training at most six months from collection',
  ai: {
    it: 'Un software trascrive la chiamata e vi trova i dati personali, che nell’audio vengono silenziati; non valuta le persone e non riconosce emozioni.',
    fr: 'Un logiciel transcrit l’appel et y trouve les données personnelles, qui sont rendues muettes dans le son ; il n’évalue personne et ne reconnaît aucune émotion.',
    en: 'Software transcribes the call and finds personal data in it, which falls silent in the audio; it judges nobody and recognises no emotion.',
  },
})

const analytics = (): PurposeEntry => ({
  ...shared,
  key: 'analytics',
  name: { it: 'Analisi', fr: 'Analyse', en: 'Analysis' },
  description: {
    it: 'Testo mascherato e cifre, senza audio, per capire perché i clienti chiamano e migliorare il servizio.',
    fr: 'Texte masqué et chiffres, sans audio, pour comprendre pourquoi les clients appellent et améliorer le service.',
    en: 'Masked text and figures, no audio, to understand why customers call and to improve the service.',
  },
  spoken: { it: 'migliorare il servizio', fr: 'améliorer notre service', en: 'improve our service' },
  legalBasis: 'legitimate_interests',
  legalText: 'GDPR art. 6(1)(f)',
  iri: `${dpv}ImproveExistingProductsAndServices`,
  audience: ['analyst', 'quality_manager', 'privacy_officer'],
  material: 'text',
  keep: { months: 12 },
  ceiling: { months: 12 },
  ceilingText: 'CNIL: what is drawn from recordings at most one year',
  countries: [
    {
      country: 'FR',
      keep: null,
      audio: { months: 6 },
      confirmationEnds: null,
      text: 'CNIL: recordings at most six months, reports and grids at most one year',
    },
  ],
  ai: {
    it: 'Un software trascrive la chiamata e ne riconosce gli argomenti; non valuta le persone e non riconosce emozioni.',
    fr: 'Un logiciel transcrit l’appel et en reconnaît les sujets ; il n’évalue personne et ne reconnaît aucune émotion.',
    en: 'Software transcribes the call and recognises its topics; it judges nobody and recognises no emotion.',
  },
})

const assist = (): PurposeEntry => ({
  ...shared,
  key: 'assist',
  name: { it: 'Assistenza', fr: 'Assistance', en: 'Assistance' },
  description: {
    it: 'Aiuto all’operatore durante la chiamata; non resta nulla.',
    fr: 'Une aide au conseiller pendant l’appel ; rien n’en est conservé.',
    en: 'Help for the agent during the call; nothing is kept.',
  },
  spoken: { it: 'assistere l’operatore', fr: 'assister le conseiller', en: 'help the agent' },
  legalBasis: 'legitimate_interests',
  legalText: 'GDPR art. 6(1)(f)',
  iri: `${own}LiveAssistance`,
  audience: ['agent', 'supervisor'],
  material: 'nothing',
  keep: { days: 0 },
  ceiling: { days: 0 },
  ceilingText: '',
  ai: {
    it: 'Un software segue la conversazione e propone all’operatore le informazioni utili.',
    fr: 'Un logiciel suit la conversation et propose au conseiller les informations utiles.',
    en: 'Software follows the conversation and shows the agent what may help.',
  },
})
