import type { LetterWords } from '../words.ts'

export const french: LetterWords = {
  subject: {
    received: 'Nous avons reçu votre demande',
    extended: 'Votre demande nous prendra plus de temps',
    answer: 'Notre réponse à votre demande',
  },
  asked: {
    access: 'l’accès à vos données (RGPD art. 15)',
    copy: 'une copie de l’enregistrement (RGPD art. 15, par. 3)',
    rectification: 'la rectification de ce qui a été enregistré (RGPD art. 16)',
    erasure: 'l’effacement de l’enregistrement (RGPD art. 17)',
    restriction: 'la limitation de son utilisation (RGPD art. 18)',
    portability: 'vos données sous une forme lisible par d’autres programmes (RGPD art. 20)',
    objection: 'que son utilisation cesse (RGPD art. 21)',
  },
  about: 'Appel du {when}',
  reference: 'Demande {id}, reçue le {day}',
  greeting: 'Bonjour,',
  received: 'Le {day}, vous nous avez demandé {what}, au sujet de votre appel du {when}.',
  due: 'Vous aurez notre réponse au plus tard le {day} (RGPD art. 12, par. 3).',
  identity:
    'Avant de répondre, nous devons être sûrs que c’est bien vous qui demandez (RGPD art. 12, par. 6). Contactez-nous, ou ouvrez la page de votre appel et faites-vous envoyer un code.',
  extended:
    'Votre demande prend plus d’un mois, parce que\u00a0: {reason} Vous aurez notre réponse au plus tard le {day} (RGPD art. 12, par. 3).',
  refused: 'Nous ne pouvons pas faire ce que vous demandez. Motif\u00a0: {why}',
  partly: 'Nous avons fait une partie de ce que vous demandiez. Pour le reste\u00a0: {why}',
  done: {
    access:
      'Vous trouverez ci-joint tout ce que nous conservons et savons de cet appel, avec la date et la finalité de chaque consultation.',
    copy: 'Vous recevez une copie de l’enregistrement. Les passages où d’autres seraient reconnaissables ont pu être rendus muets.',
    rectification:
      'Ce que vous dites inexact accompagne désormais l’enregistrement, et qui l’utilise le voit. L’enregistrement lui-même reste tel qu’il a été prononcé.',
    erasure: 'Voici ce qui a été effacé, ce qui reste et pourquoi.',
    restriction:
      'L’enregistrement est conservé, mais n’est plus utilisé. Vous serez informé avant que cela ne change (RGPD art. 18, par. 3).',
    portability:
      'Vous recevez vos données dans des formats courants\u00a0: l’enregistrement en WAV, tout le reste en JSON.',
    objection: 'Voici ce à quoi votre opposition a mis fin, ce qui reste et pourquoi.',
  },
  fetch:
    'Jusqu’au {day}, vous pouvez la retirer sur la page de votre appel, avec votre lien ou avec le code de l’appel {reference}.',
  report: {
    ended: '{purpose}\u00a0: terminée. La clé a été détruite\u00a0; plus personne ne peut ouvrir cette copie.',
    kept: '{purpose}\u00a0: conservée au plus tard jusqu’au {day} ({article}), {why}.',
    failed: '{purpose}\u00a0: n’a pas encore pu être terminée. Un nouvel essai suivra de lui-même.',
    destroyed:
      'Il ne reste rien de l’enregistrement. Un certificat de sa destruction a été inscrit dans notre journal.',
    nothing: 'Plus rien n’était conservé de cet appel.',
  },
  workingCopy: {
    destroyed: 'L’audio tel qu’il a été capté, dont ces copies ont été tirées\u00a0: détruit lui aussi.',
    held: 'L’audio tel qu’il a été capté, dont ces copies ont été tirées\u00a0: conservé, parce qu’il est nécessaire à un droit en justice.',
    soon: 'L’audio tel qu’il a été capté, dont ces copies sont tirées\u00a0: disparaît de lui-même sous quelques jours.',
  },
  all: {
    asked: {
      access: 'l’accès à vos données (RGPD art. 15)',
      copy: 'une copie des enregistrements (RGPD art. 15, par. 3)',
      rectification: 'la rectification de ce qui a été enregistré (RGPD art. 16)',
      erasure: 'l’effacement des enregistrements (RGPD art. 17)',
      restriction: 'la limitation de leur utilisation (RGPD art. 18)',
      portability: 'vos données sous une forme lisible par d’autres programmes (RGPD art. 20)',
      objection: 'que leur utilisation cesse (RGPD art. 21)',
    },
    about: 'Tous vos appels. Nombre d’appels\u00a0: {n}',
    received: 'Le {day}, vous nous avez demandé {what}, au sujet de tous vos appels. Appels trouvés\u00a0: {n}.',
    identity:
      'Avant de répondre, nous devons être sûrs que c’est bien vous qui demandez (RGPD art. 12, par. 6). Veuillez nous contacter\u00a0: le lien ou le code d’un appel ne montre pas de qui sont les autres.',
    done: {
      access:
        'Vous trouverez ci-joint tout ce que nous conservons et savons de ces appels, avec la date et la finalité de chaque consultation.',
      copy: 'Vous recevez une copie des enregistrements. Les passages où d’autres seraient reconnaissables ont pu être rendus muets ou écartés\u00a0; le récapitulatif dit où.',
      rectification:
        'Ce que vous dites inexact accompagne désormais chaque enregistrement, et qui l’utilise le voit. Les enregistrements eux-mêmes restent tels qu’ils ont été prononcés.',
      erasure: 'Voici ce qui a été effacé, ce qui reste et pourquoi.',
      restriction:
        'Les enregistrements sont conservés, mais ne sont plus utilisés. Vous serez informé avant que cela ne change (RGPD art. 18, par. 3).',
      portability:
        'Vous recevez vos données dans des formats courants\u00a0: les enregistrements en WAV, tout le reste en JSON.',
      objection: 'Voici ce à quoi votre opposition a mis fin, ce qui reste et pourquoi.',
    },
    handed: 'Nous vous le remettons nous-mêmes\u00a0: le lien d’un appel n’ouvre que celui-ci.',
    report: {
      ended:
        '{purpose}\u00a0: terminée (appels\u00a0: {n}). Les clés ont été détruites\u00a0; plus personne ne peut ouvrir ces copies.',
      kept: '{purpose}\u00a0: conservée au plus tard jusqu’au {day} (appels\u00a0: {n}\u00a0; {article}), {why}.',
      failed:
        '{purpose}\u00a0: n’a pas encore pu être terminée (appels\u00a0: {n}). Un nouvel essai suivra de lui-même.',
      destroyed:
        'Appels dont il ne reste rien\u00a0: {n}. Un certificat de chaque destruction a été inscrit dans notre journal.',
      nothing: 'Plus rien n’était conservé de vous.',
      open: 'Appels encore en cours ou en traitement\u00a0: {n}. La suite se fait d’elle-même.',
    },
    workingCopy: {
      destroyed:
        'L’audio tel qu’il a été capté, dont ces copies ont été tirées\u00a0: détruit lui aussi (appels\u00a0: {n}).',
      held: 'L’audio tel qu’il a été capté, dont ces copies ont été tirées\u00a0: conservé, parce qu’il est nécessaire à un droit en justice (appels\u00a0: {n}).',
      soon: 'L’audio tel qu’il a été capté, dont ces copies sont tirées\u00a0: disparaît de lui-même sous quelques jours (appels\u00a0: {n}).',
    },
  },
  why: {
    law: 'parce qu’un contrat ou la loi l’exige',
    hold: 'parce qu’il est nécessaire à un droit en justice',
    soon: 'elle se termine dès la fin de l’appel',
  },
  outcome: 'Notre note\u00a0: {text}',
  complaint: 'Vous pouvez introduire une réclamation auprès de l’autorité de contrôle{authority} (RGPD art. 77).',
  remedy: 'Vous pouvez aussi saisir la justice (RGPD art. 79).',
  officer: 'Notre délégué à la protection des données\u00a0: {contact}.',
  closing: 'Cordialement',
  page: 'Page {page} sur {pages}',
  articles: {
    '12(5)': 'la demande est manifestement infondée ou excessive (RGPD art. 12, par. 5).',
    '12(6)': 'nous n’avons pas pu nous assurer que c’est vous qui demandez (RGPD art. 12, par. 6).',
    '15(4)': 'cela porterait atteinte aux droits d’autrui (RGPD art. 15, par. 4).',
    '17(3)(b)': 'la loi nous oblige à le conserver (RGPD art. 17, par. 3, b).',
    '17(3)(e)':
      'il est nécessaire à la constatation, à l’exercice ou à la défense de droits en justice (RGPD art. 17, par. 3, e).',
    '20(1)':
      'ces données ne sont conservées ni sur votre consentement ni pour un contrat avec vous (RGPD art. 20, par. 1).',
    '21(1)': 'des motifs impérieux imposent de le conserver (RGPD art. 21, par. 1).',
  },
  overview: {
    title: 'Tous vos appels',
    intro:
      'Appels dans ce fichier\u00a0: {n}. Chacun a un dossier avec ce qui en est conservé et connu, en mots (about.pdf) et pour les programmes (data.json). Les heures sont en UTC.',
    notExamined:
      'Lorsque l’audio est «\u00a0non examiné\u00a0», personne n’a encore vérifié si d’autres personnes s’y entendent (RGPD art. 15, par. 4). Demandez-nous ces appels.',
    began: 'Début',
    lasted: 'Durée',
    state: 'État',
    states: { in_progress: 'en cours', kept: 'conservé', destroyed: 'détruit' },
    audio: 'Audio',
    audios: {
      given: 'dans le dossier',
      none: 'aucun',
      not_examined: 'non examiné',
      withheld: 'écarté, pour protéger autrui',
      too_large: 'écarté\u00a0: le fichier serait trop grand',
    },
    folder: 'Dossier',
  },
  enclosure: {
    title: 'Ce qui est conservé et connu de votre appel',
    intro:
      'Ce document et le fichier data.json disent la même chose\u00a0; data.json est lisible par des programmes. Les heures sont en UTC.',
    call: 'L’appel',
    began: 'Début',
    lasted: 'Durée',
    seconds: '{n} secondes',
    direction: 'Sens',
    directions: { inbound: 'vous avez appelé', outbound: 'on vous a appelé', internal: 'interne', unknown: 'inconnu' },
    purposes: 'À quoi il sert',
    purpose: 'Finalité',
    basis: 'Base légale',
    bases: {
      consent: 'votre consentement (art. 6.1.a)',
      contract: 'un contrat (art. 6.1.b)',
      legal_obligation: 'une obligation légale (art. 6.1.c)',
      vital_interests: 'des intérêts vitaux (art. 6.1.d)',
      public_task: 'une mission d’intérêt public (art. 6.1.e)',
      legitimate_interests: 'un intérêt légitime (art. 6.1.f)',
    },
    until: 'Jusqu’au',
    audioUntil: 'audio jusqu’au {day}',
    ended: 'terminée',
    ai: 'Ce qu’en fait le logiciel',
    noAi: 'Le logiciel ne fait que le conserver\u00a0: il n’en déduit rien.',
    gaps: 'Ce qui manque dans l’enregistrement',
    gapsNone: 'Rien ne manque.',
    given: 'À qui il a été donné',
    givenLead:
      'Chaque fois, avec la date et la finalité. Les noms des employés ne sont pas communiqués (Cour de justice, C-579/21).',
    givenNone: 'Il n’a été donné à personne.',
    when: 'Quand',
    role: 'À qui',
    roles: {
      agent: 'conseiller',
      supervisor: 'superviseur',
      quality_manager: 'responsable qualité',
      analyst: 'analyste',
      privacy_officer: 'délégué à la protection des données',
      administrator: 'administrateur',
      api: 'un programme de l’entreprise',
      caller: 'vous',
    },
    forPurpose: 'Pour quoi',
    listened: 'écoute',
    exported: 'copie',
    own: 'vos droits',
    transcripts: {
      none: 'Aucune transcription n’a été faite de cet appel.',
      given:
        'Un logiciel a transcrit ce qui a été dit : transcript.txt, et transcript.json pour les programmes. Ce qu’il a reconnu comme numéros de carte et de compte, noms, adresses et semblables a été retiré avant que le texte ne soit conservé, et n’est écrit nulle part : en entier, ce que vous avez dit se trouve dans l’enregistrement. Un logiciel entend parfois mal ; c’est l’enregistrement qui fait foi.',
      withheld:
        'Un logiciel a transcrit ce qui a été dit, données personnelles retirées. Le texte n’est pas remis, pour protéger d’autres personnes.',
    },
    decisions: 'Aucune décision à votre sujet n’a été prise par le seul logiciel (art. 22).',
    source: 'Les données viennent de l’appel lui-même et du réseau téléphonique.',
    transfers:
      'L’enregistrement est conservé dans l’installation de l’entreprise\u00a0; ce programme ne le remet à personne d’extérieur.',
    rights:
      'Vous pouvez demander rectification, effacement, limitation, portabilité, vous opposer, et saisir l’autorité.',
    annotations: 'Ce que vous dites inexact',
    silenced: 'Rendu muet dans votre copie',
    silencedLead: 'Pour protéger autrui, ces passages sont muets dans votre copie\u00a0:',
  },
}
