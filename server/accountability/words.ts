import type { Locale } from '../../contract/models/common.ts'
import type { LegalBasis } from '../../contract/models/policy.ts'
import type { MissingFact, ProcessingActivity } from '../../contract/models/accountability.ts'
import type { z } from 'zod'

export type Language = z.infer<typeof Locale>

export type RegisterWords = {
  title: string
  intro: string
  controller: string
  name: string
  address: string
  contact: string
  officer: string
  authority: string
  missing: string
  missingFacts: Record<MissingFact, string>
  activities: string
  off: string
  basis: string
  bases: Record<LegalBasis, string>
  subjects: string
  subjectNames: Record<ProcessingActivity['subjects'][number], string>
  data: string
  dataNames: Record<ProcessingActivity['data'][number], string>
  recipients: string
  roles: Record<string, string>
  keep: string
  months: string
  days: string
  ceiling: string
  ai: string
  noAi: string
  held: string
  heldNow: string
  heldNone: string
  outside: string
  outsideNone: string
  outsideOne: Record<'time_stamps' | 'witness', string>
  transfers: string
  transfersText: string
  security: string
  securityText: string
  agreements: string
  agreementsNone: string
  agreementKinds: Record<string, string>
  inForce: string
  notInForce: string
  versions: string
  page: string
}

const en: RegisterWords = {
  title: 'Register of processing activities',
  intro:
    'GDPR art. 30(1). Made by Verbale from what was in force on {at}. It tells the recording of telephone calls; other processing of the controller is not in it.',
  controller: 'Controller',
  name: 'Name',
  address: 'Address',
  contact: 'Contact',
  officer: 'Data protection officer',
  authority: 'Supervisory authority',
  missing: 'Not said yet (Data governance, Organisation): {facts}.',
  missingFacts: {
    controller: 'who the controller is',
    address: 'its address',
    email: 'its e-mail',
    country: 'its country',
    dpo: 'how its data protection officer is reached',
    authority: 'its supervisory authority',
    callers: 'how callers reach it',
  },
  activities: 'Activities',
  off: 'switched off',
  basis: 'Legal basis',
  bases: {
    consent: 'consent (art. 6(1)(a))',
    contract: 'contract (art. 6(1)(b))',
    legal_obligation: 'legal obligation (art. 6(1)(c))',
    vital_interests: 'vital interests (art. 6(1)(d))',
    public_task: 'public task (art. 6(1)(e))',
    legitimate_interests: 'legitimate interests (art. 6(1)(f))',
  },
  subjects: 'Data subjects',
  subjectNames: { callers: 'callers', agents: 'agents', others_heard: 'others who are heard' },
  data: 'Data',
  dataNames: {
    voice: 'voice as recorded',
    masked_voice: 'voice without what is personal in it',
    text: 'masked text and figures',
    numbers_and_names: 'numbers and names',
    call_facts: 'time, duration, queue and agent of the call',
    answers: 'answers about consent',
  },
  recipients: 'Recipients within the controller',
  roles: {
    agent: 'agents',
    supervisor: 'supervisors',
    quality_manager: 'quality managers',
    analyst: 'analysts',
    privacy_officer: 'privacy officers',
    administrator: 'administrators',
  },
  keep: 'Kept for',
  months: '{n} months',
  days: '{n} days',
  ceiling: 'at most {span} ({text})',
  ai: 'What software does with it',
  noAi: 'nothing beyond keeping it',
  held: 'Held at present',
  heldNow: '{n} recordings; the first ends on {first}, the last on {last}',
  heldNone: 'nothing',
  outside: 'Recipients outside',
  outsideNone: 'None.',
  outsideOne: {
    time_stamps: '{host}: time stamps. It is sent hashes of the log, from which nothing of a call can be told.',
    witness: '{host}: witness of the log. It is sent hashes of the log, from which nothing of a call can be told.',
  },
  transfers: 'Transfers to third countries',
  transfersText:
    'None by this product: recordings stay where it is installed. Whoever runs the machine must say where that is.',
  security: 'Security measures',
  securityText:
    'Recordings are encrypted as they arrive, each purpose under a key of its own that is destroyed when the purpose ends; access by role and purpose, each one on record; a second factor; a signed log of events.',
  agreements: 'Agreements and notices about the watching of work',
  agreementsNone: 'None is registered: training use and reports by agent stay locked where the law asks for one.',
  agreementKinds: {
    it_union_agreement: 'Union agreement (L. 300/1970 art. 4)',
    it_inspectorate: 'Authorisation of the labour inspectorate (L. 300/1970 art. 4)',
    fr_cse: 'Consultation of the CSE',
    de_works_agreement: 'Works agreement',
    worker_notice: 'Notice to workers',
  },
  inForce: 'in force',
  notInForce: 'not in force',
  versions: 'Versions: product {product}, purposes {register}, recording policy {policy}, announcement {announcement}.',
  page: 'Page {page} of {pages}',
}

const it: RegisterWords = {
  title: 'Registro delle attività di trattamento',
  intro:
    'Art. 30, par. 1, GDPR. Redatto da Verbale da ciò che era in vigore il {at}. Riguarda la registrazione delle telefonate; gli altri trattamenti del titolare non vi figurano.',
  controller: 'Titolare',
  name: 'Nome',
  address: 'Indirizzo',
  contact: 'Contatto',
  officer: 'Responsabile della protezione dei dati',
  authority: 'Autorità di controllo',
  missing: 'Non ancora indicato (Governo dei dati, Organizzazione): {facts}.',
  missingFacts: {
    controller: 'chi è il titolare',
    address: 'il suo indirizzo',
    email: 'la sua e-mail',
    country: 'il suo paese',
    dpo: 'come raggiungere il suo responsabile della protezione dei dati',
    authority: 'la sua autorità di controllo',
    callers: 'come i chiamanti lo raggiungono',
  },
  activities: 'Attività',
  off: 'disattivata',
  basis: 'Base giuridica',
  bases: {
    consent: 'consenso (art. 6.1.a)',
    contract: 'contratto (art. 6.1.b)',
    legal_obligation: 'obbligo di legge (art. 6.1.c)',
    vital_interests: 'interessi vitali (art. 6.1.d)',
    public_task: 'compito di interesse pubblico (art. 6.1.e)',
    legitimate_interests: 'legittimo interesse (art. 6.1.f)',
  },
  subjects: 'Interessati',
  subjectNames: { callers: 'chiamanti', agents: 'operatori', others_heard: 'altri che si sentono' },
  data: 'Dati',
  dataNames: {
    voice: 'voce come registrata',
    masked_voice: 'voce senza ciò che vi è di personale',
    text: 'testo mascherato e cifre',
    numbers_and_names: 'numeri e nomi',
    call_facts: 'ora, durata, coda e operatore della chiamata',
    answers: 'risposte sul consenso',
  },
  recipients: 'Destinatari presso il titolare',
  roles: {
    agent: 'operatori',
    supervisor: 'supervisori',
    quality_manager: 'responsabili qualità',
    analyst: 'analisti',
    privacy_officer: 'responsabili privacy',
    administrator: 'amministratori',
  },
  keep: 'Conservati per',
  months: '{n} mesi',
  days: '{n} giorni',
  ceiling: 'al massimo {span} ({text})',
  ai: 'Che cosa ne fa il software',
  noAi: 'nulla oltre a conservarli',
  held: 'Conservati ora',
  heldNow: '{n} registrazioni; la prima termina il {first}, l’ultima il {last}',
  heldNone: 'nulla',
  outside: 'Destinatari esterni',
  outsideNone: 'Nessuno.',
  outsideOne: {
    time_stamps: '{host}: marche temporali. Riceve hash del registro, da cui nulla di una chiamata si può ricavare.',
    witness: '{host}: testimone del registro. Riceve hash del registro, da cui nulla di una chiamata si può ricavare.',
  },
  transfers: 'Trasferimenti verso paesi terzi',
  transfersText:
    'Nessuno da parte di questo prodotto: le registrazioni restano dove è installato. Chi gestisce la macchina deve indicare dove.',
  security: 'Misure di sicurezza',
  securityText:
    'Le registrazioni sono cifrate all’arrivo, ogni finalità con una propria chiave che è distrutta quando la finalità termina; accesso per ruolo e finalità, ognuno annotato; secondo fattore; registro firmato degli eventi.',
  agreements: 'Accordi e informative sul controllo a distanza',
  agreementsNone:
    'Nessuno è registrato: l’uso per formazione e i rapporti per operatore restano bloccati dove la legge li richiede.',
  agreementKinds: {
    it_union_agreement: 'Accordo sindacale (L. 300/1970, art. 4)',
    it_inspectorate: 'Autorizzazione dell’Ispettorato (L. 300/1970, art. 4)',
    fr_cse: 'Consultazione del CSE',
    de_works_agreement: 'Accordo aziendale',
    worker_notice: 'Informativa ai lavoratori',
  },
  inForce: 'in vigore',
  notInForce: 'non in vigore',
  versions:
    'Versioni: prodotto {product}, finalità {register}, regole di registrazione {policy}, annuncio {announcement}.',
  page: 'Pagina {page} di {pages}',
}

const fr: RegisterWords = {
  title: 'Registre des activités de traitement',
  intro:
    'RGPD art. 30, par. 1. Établi par Verbale d’après ce qui était en vigueur le {at}. Il concerne l’enregistrement des appels téléphoniques\u00a0; les autres traitements du responsable n’y figurent pas.',
  controller: 'Responsable du traitement',
  name: 'Nom',
  address: 'Adresse',
  contact: 'Contact',
  officer: 'Délégué à la protection des données',
  authority: 'Autorité de contrôle',
  missing: 'Pas encore indiqué (Gouvernance des données, Organisation)\u00a0: {facts}.',
  missingFacts: {
    controller: 'qui est le responsable',
    address: 'son adresse',
    email: 'son e-mail',
    country: 'son pays',
    dpo: 'comment joindre son délégué à la protection des données',
    authority: 'son autorité de contrôle',
    callers: 'comment les appelants le joignent',
  },
  activities: 'Activités',
  off: 'désactivée',
  basis: 'Base légale',
  bases: {
    consent: 'consentement (art. 6.1.a)',
    contract: 'contrat (art. 6.1.b)',
    legal_obligation: 'obligation légale (art. 6.1.c)',
    vital_interests: 'intérêts vitaux (art. 6.1.d)',
    public_task: 'mission d’intérêt public (art. 6.1.e)',
    legitimate_interests: 'intérêt légitime (art. 6.1.f)',
  },
  subjects: 'Personnes concernées',
  subjectNames: { callers: 'appelants', agents: 'conseillers', others_heard: 'autres personnes entendues' },
  data: 'Données',
  dataNames: {
    voice: 'voix telle qu’enregistrée',
    masked_voice: 'voix sans ce qu’elle a de personnel',
    text: 'texte masqué et chiffres',
    numbers_and_names: 'numéros et noms',
    call_facts: 'heure, durée, file et conseiller de l’appel',
    answers: 'réponses sur le consentement',
  },
  recipients: 'Destinataires chez le responsable',
  roles: {
    agent: 'conseillers',
    supervisor: 'superviseurs',
    quality_manager: 'responsables qualité',
    analyst: 'analystes',
    privacy_officer: 'délégués à la protection des données',
    administrator: 'administrateurs',
  },
  keep: 'Durée de conservation',
  months: '{n} mois',
  days: '{n} jours',
  ceiling: 'au plus {span} ({text})',
  ai: 'Ce qu’en fait le logiciel',
  noAi: 'rien d’autre que les conserver',
  held: 'Conservés à présent',
  heldNow: '{n} enregistrements\u00a0; le premier prend fin le {first}, le dernier le {last}',
  heldNone: 'rien',
  outside: 'Destinataires extérieurs',
  outsideNone: 'Aucun.',
  outsideOne: {
    time_stamps:
      '{host}\u00a0: horodatage. Il reçoit des empreintes du journal, dont rien d’un appel ne peut être déduit.',
    witness:
      '{host}\u00a0: témoin du journal. Il reçoit des empreintes du journal, dont rien d’un appel ne peut être déduit.',
  },
  transfers: 'Transferts vers des pays tiers',
  transfersText:
    'Aucun par ce produit\u00a0: les enregistrements restent là où il est installé. Qui exploite la machine doit dire où.',
  security: 'Mesures de sécurité',
  securityText:
    'Les enregistrements sont chiffrés dès leur arrivée, chaque finalité sous sa propre clé, détruite quand la finalité prend fin\u00a0; accès par rôle et finalité, chacun consigné\u00a0; second facteur\u00a0; journal signé des événements.',
  agreements: 'Accords et informations sur le contrôle du travail',
  agreementsNone:
    'Aucun n’est enregistré\u00a0: l’usage pour la formation et les rapports par conseiller restent verrouillés là où la loi en exige un.',
  agreementKinds: {
    it_union_agreement: 'Accord syndical (L. 300/1970, art. 4)',
    it_inspectorate: 'Autorisation de l’inspection du travail italienne (L. 300/1970, art. 4)',
    fr_cse: 'Consultation du CSE',
    de_works_agreement: 'Accord d’entreprise',
    worker_notice: 'Information des salariés',
  },
  inForce: 'en vigueur',
  notInForce: 'pas en vigueur',
  versions:
    'Versions\u00a0: produit {product}, finalités {register}, règles d’enregistrement {policy}, annonce {announcement}.',
  page: 'Page {page} sur {pages}',
}

export const registerWords: Record<Language, RegisterWords> = { it, fr, en }
