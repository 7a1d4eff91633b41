import type { LetterWords } from '../words.ts'

export const italian: LetterWords = {
  subject: {
    received: 'Abbiamo ricevuto la Sua richiesta',
    extended: 'Ci serve più tempo per la Sua richiesta',
    answer: 'La nostra risposta alla Sua richiesta',
  },
  asked: {
    access: 'l’accesso ai Suoi dati (art. 15 GDPR)',
    copy: 'una copia della registrazione (art. 15, par. 3, GDPR)',
    rectification: 'la rettifica di quanto registrato (art. 16 GDPR)',
    erasure: 'la cancellazione della registrazione (art. 17 GDPR)',
    restriction: 'la limitazione del suo uso (art. 18 GDPR)',
    portability: 'i Suoi dati in un formato leggibile da altri programmi (art. 20 GDPR)',
    objection: 'che il suo uso cessi (art. 21 GDPR)',
  },
  about: 'Chiamata del {when}',
  reference: 'Richiesta {id}, ricevuta il {day}',
  greeting: 'Buongiorno,',
  received: 'Il {day} ci ha chiesto {what}, per la Sua chiamata del {when}.',
  due: 'Avrà la nostra risposta entro il {day} (art. 12, par. 3, GDPR).',
  identity:
    'Prima di rispondere dobbiamo essere certi che a chiedere sia Lei (art. 12, par. 6, GDPR). Ci contatti, oppure apra la pagina della Sua chiamata e si faccia inviare un codice.',
  extended:
    'La Sua richiesta richiede più di un mese perché: {reason} Avrà la nostra risposta entro il {day} (art. 12, par. 3, GDPR).',
  refused: 'Non possiamo fare quanto ha chiesto. Motivo: {why}',
  partly: 'Abbiamo fatto una parte di quanto ha chiesto. Per il resto: {why}',
  done: {
    access:
      'In allegato trova tutto ciò che conserviamo e sappiamo di questa chiamata, con la data e la finalità di ogni volta in cui è stata data a qualcuno.',
    copy: 'Riceve una copia della registrazione. I passaggi in cui altri sarebbero riconoscibili possono essere stati silenziati.',
    rectification:
      'Ciò che secondo Lei è inesatto ora accompagna la registrazione e chi la usa lo vede. La registrazione resta come è stata pronunciata.',
    erasure: 'Ecco che cosa è stato cancellato, che cosa resta e perché.',
    restriction:
      'La registrazione è conservata ma non più usata. Sarà informato prima che questo cambi (art. 18, par. 3, GDPR).',
    portability: 'Riceve i Suoi dati in formati di uso comune: la registrazione in WAV, tutto il resto in JSON.',
    objection: 'Ecco a che cosa la Sua opposizione ha posto fine, che cosa resta e perché.',
  },
  fetch:
    'Fino al {day} può ritirarla nella pagina della Sua chiamata, con il link che ha o con il codice della chiamata {reference}.',
  report: {
    ended: '{purpose}: terminata. La chiave è stata distrutta; nessuno può più aprire questa copia.',
    kept: '{purpose}: conservata al più tardi fino al {day} ({article}), {why}.',
    failed: '{purpose}: non è stato ancora possibile terminarla. Si riprova da sé.',
    destroyed:
      'Della registrazione non resta nulla. Un certificato della distruzione è stato scritto nel nostro registro.',
    nothing: 'Di questa chiamata non era più conservato nulla.',
  },
  workingCopy: {
    destroyed: 'L’audio come acquisito, da cui queste copie sono state ricavate: distrutto anch’esso.',
    held: 'L’audio come acquisito, da cui queste copie sono state ricavate: conservato, perché serve a far valere un diritto in giudizio.',
    soon: 'L’audio come acquisito, da cui queste copie si ricavano: si elimina da sé entro pochi giorni.',
  },
  all: {
    asked: {
      access: 'l’accesso ai Suoi dati (art. 15 GDPR)',
      copy: 'una copia delle registrazioni (art. 15, par. 3, GDPR)',
      rectification: 'la rettifica di quanto registrato (art. 16 GDPR)',
      erasure: 'la cancellazione delle registrazioni (art. 17 GDPR)',
      restriction: 'la limitazione del loro uso (art. 18 GDPR)',
      portability: 'i Suoi dati in un formato leggibile da altri programmi (art. 20 GDPR)',
      objection: 'che il loro uso cessi (art. 21 GDPR)',
    },
    about: 'Tutte le Sue chiamate. Numero di chiamate: {n}',
    received: 'Il {day} ci ha chiesto {what}, per tutte le Sue chiamate. Chiamate trovate: {n}.',
    identity:
      'Prima di rispondere dobbiamo essere certi che a chiedere sia Lei (art. 12, par. 6, GDPR). La preghiamo di contattarci: il link o il codice di una chiamata non mostra di chi siano le altre.',
    done: {
      access:
        'In allegato trova tutto ciò che conserviamo e sappiamo di queste chiamate, con la data e la finalità di ogni volta in cui una è stata data a qualcuno.',
      copy: 'Riceve una copia delle registrazioni. I passaggi in cui altri sarebbero riconoscibili possono essere stati silenziati o esclusi; il riepilogo dice dove.',
      rectification:
        'Ciò che secondo Lei è inesatto ora accompagna ogni registrazione e chi la usa lo vede. Le registrazioni restano come sono state pronunciate.',
      erasure: 'Ecco che cosa è stato cancellato, che cosa resta e perché.',
      restriction:
        'Le registrazioni sono conservate ma non più usate. Sarà informato prima che questo cambi (art. 18, par. 3, GDPR).',
      portability: 'Riceve i Suoi dati in formati di uso comune: le registrazioni in WAV, tutto il resto in JSON.',
      objection: 'Ecco a che cosa la Sua opposizione ha posto fine, che cosa resta e perché.',
    },
    handed: 'Glielo consegniamo noi: il link di una chiamata apre soltanto quella.',
    report: {
      ended:
        '{purpose}: terminata (chiamate: {n}). Le chiavi sono state distrutte; nessuno può più aprire queste copie.',
      kept: '{purpose}: conservata al più tardi fino al {day} (chiamate: {n}; {article}), {why}.',
      failed: '{purpose}: non è stato ancora possibile terminarla (chiamate: {n}). Si riprova da sé.',
      destroyed:
        'Chiamate di cui non resta nulla: {n}. Un certificato di ogni distruzione è stato scritto nel nostro registro.',
      nothing: 'Di Lei non era più conservato nulla.',
      open: 'Chiamate ancora in corso o in lavorazione: {n}. Si completa da sé.',
    },
    workingCopy: {
      destroyed:
        'L’audio come acquisito, da cui queste copie sono state ricavate: distrutto anch’esso (chiamate: {n}).',
      held: 'L’audio come acquisito, da cui queste copie sono state ricavate: conservato, perché serve a far valere un diritto in giudizio (chiamate: {n}).',
      soon: 'L’audio come acquisito, da cui queste copie si ricavano: si elimina da sé entro pochi giorni (chiamate: {n}).',
    },
  },
  why: {
    law: 'perché lo richiede un contratto o la legge',
    hold: 'perché serve a far valere un diritto in giudizio',
    soon: 'termina appena finita la chiamata',
  },
  outcome: 'La nostra nota: {text}',
  complaint: 'Può proporre reclamo all’autorità di controllo{authority} (art. 77 GDPR).',
  remedy: 'Può anche rivolgersi al giudice (art. 79 GDPR).',
  officer: 'Il nostro responsabile della protezione dei dati: {contact}.',
  closing: 'Cordiali saluti',
  page: 'Pagina {page} di {pages}',
  articles: {
    '12(5)': 'la richiesta è manifestamente infondata o eccessiva (art. 12, par. 5, GDPR).',
    '12(6)': 'non abbiamo potuto accertare che a chiedere sia Lei (art. 12, par. 6, GDPR).',
    '15(4)': 'lederebbe i diritti di altri (art. 15, par. 4, GDPR).',
    '17(3)(b)': 'la legge ci obbliga a conservarla (art. 17, par. 3, lett. b, GDPR).',
    '17(3)(e)': 'serve a far valere o difendere un diritto in giudizio (art. 17, par. 3, lett. e, GDPR).',
    '20(1)': 'questi dati non sono conservati sul Suo consenso né per un contratto con Lei (art. 20, par. 1, GDPR).',
    '21(1)': 'vi sono motivi cogenti per conservarla (art. 21, par. 1, GDPR).',
  },
  overview: {
    title: 'Tutte le Sue chiamate',
    intro:
      'Chiamate in questo file: {n}. Ognuna ha una cartella con ciò che ne è conservato e noto, in parole (about.pdf) e per i programmi (data.json). Gli orari sono in UTC.',
    notExamined:
      'Dove l’audio è «non esaminato», nessuno ha ancora verificato se vi si sentano altre persone (art. 15, par. 4, GDPR). Ci chieda quelle chiamate.',
    began: 'Inizio',
    lasted: 'Durata',
    state: 'Stato',
    states: { in_progress: 'in corso', kept: 'conservata', destroyed: 'distrutta' },
    audio: 'Audio',
    audios: {
      given: 'nella cartella',
      none: 'nessuno',
      not_examined: 'non esaminato',
      withheld: 'escluso, a tutela di altri',
      too_large: 'escluso: il file sarebbe troppo grande',
    },
    folder: 'Cartella',
  },
  enclosure: {
    title: 'Che cosa è conservato e noto della Sua chiamata',
    intro:
      'Questo documento e il file data.json dicono lo stesso; data.json è leggibile da programmi. Gli orari sono in UTC.',
    call: 'La chiamata',
    began: 'Inizio',
    lasted: 'Durata',
    seconds: '{n} secondi',
    direction: 'Direzione',
    directions: { inbound: 'ha chiamato Lei', outbound: 'è stato chiamato', internal: 'interna', unknown: 'non nota' },
    purposes: 'Per che cosa è conservata',
    purpose: 'Finalità',
    basis: 'Base giuridica',
    bases: {
      consent: 'il Suo consenso (art. 6.1.a)',
      contract: 'un contratto (art. 6.1.b)',
      legal_obligation: 'un obbligo di legge (art. 6.1.c)',
      vital_interests: 'interessi vitali (art. 6.1.d)',
      public_task: 'un compito di interesse pubblico (art. 6.1.e)',
      legitimate_interests: 'un legittimo interesse (art. 6.1.f)',
    },
    until: 'Fino al',
    audioUntil: 'audio fino al {day}',
    ended: 'terminata',
    ai: 'Che cosa ne fa il software',
    noAi: 'Il software la conserva soltanto: non ne ricava nulla.',
    gaps: 'Che cosa manca nella registrazione',
    gapsNone: 'Non manca nulla.',
    given: 'A chi è stata data',
    givenLead:
      'Ogni volta, con data e finalità. I nomi dei dipendenti non si comunicano (Corte di giustizia, C-579/21).',
    givenNone: 'Non è stata data a nessuno.',
    when: 'Quando',
    role: 'A chi',
    roles: {
      agent: 'operatore',
      supervisor: 'supervisore',
      quality_manager: 'responsabile qualità',
      analyst: 'analista',
      privacy_officer: 'responsabile privacy',
      administrator: 'amministratore',
      api: 'un programma dell’azienda',
      caller: 'Lei',
    },
    forPurpose: 'Per che cosa',
    listened: 'ascolto',
    exported: 'copia',
    own: 'i Suoi diritti',
    transcripts: {
      none: 'Di questa chiamata non è stata fatta alcuna trascrizione.',
      given:
        'Un programma ha trascritto quanto detto: transcript.txt, e transcript.json per i programmi. Ciò che ha riconosciuto come numeri di carte e conti, nomi, indirizzi e simili è stato tolto prima di conservare il testo, e non è scritto da nessuna parte: per intero, ciò che lei ha detto è nella registrazione. Un programma può capire male: fa fede la registrazione.',
      withheld:
        'Un programma ha trascritto quanto detto, togliendo i dati personali. Il testo non viene dato, a tutela di altri.',
    },
    decisions: 'Nessuna decisione su di Lei è stata presa dal solo software (art. 22).',
    source: 'I dati provengono dalla chiamata stessa e dalla rete telefonica.',
    transfers:
      'La registrazione è conservata nell’installazione dell’azienda; questo programma non la consegna a nessuno all’esterno.',
    rights:
      'Può chiedere rettifica, cancellazione, limitazione, portabilità, e opporsi; e proporre reclamo all’autorità.',
    annotations: 'Che cosa secondo Lei è inesatto',
    silenced: 'Silenziato nella Sua copia',
    silencedLead: 'A tutela di altri, questi passaggi sono muti nella Sua copia:',
  },
}
