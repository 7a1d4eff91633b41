import { frenchNumbers } from '../numbers/fr.ts'
import { phraseBook } from '../phrases.ts'
import { frenchCues } from './fr-cues.ts'
import { frenchHealth } from './health.ts'
import { alphabet, icao, type Lexicon, numbered, pairs, type Talk, words } from './lexicon.ts'

const sure = (list: string) => phraseBook<true>([[true, list]])

/** First names of the French spelling alphabet that are said without their letter. */
const firstNames = pairs(`anatole:A berthe:B celestin:C desire:D eugene:E gaston:G irma:I joseph:J kleber:K
  nicolas:N oscar:O raoul:R suzanne:S therese:T ursule:U william:W xavier:X yvonne:Y zoe:Z`)

export const french: Lexicon = {
  language: 'fr',
  numbers: frenchNumbers,
  letters: new Map([
    ...pairs('effe:F ache:H emme:M enne:N erre:R esse:S ixe:X iks:X zede:Z zed:Z ji:J ku:Q pe:P ge:G'),
    ...[...alphabet].filter(([c]) => !'aoy'.includes(c)),
  ]),
  weakLetters: new Map([...icao, ...firstNames, ...pairs('a:A o:O y:Y ka:K elle:L igrec:Y')]),
  accentedLetters: pairs('bé:B cé:C dé:D té:T vé:V'),
  as: words('comme de pour'),
  times: phraseBook<2 | 3>([
    [2, 'double|deux fois'],
    [3, 'triple|trois fois'],
  ]),
  talk: phraseBook<Talk>([
    [
      'filler',
      `euh|heu|hein|hum|hmm|mm|mh|ah|eh|eh bien|alors|donc|bon|ben|bah|voila|voyons|attendez|attends|un instant|un moment|une seconde|deux secondes|une minute
      |deux minutes|je regarde|je cherche|je lis|ensuite|puis|et puis|apres|encore|disons|enfin voila|je vois mal|laissez moi voir|du coup|genre`,
    ],
    [
      'fix',
      `non|non non|pardon|non pardon|excusez moi|excuse moi|je voulais dire|je veux dire|enfin|plutot|je me suis trompe*|je me trompe|je rectifie|rectification
      |correction|je corrige|non attendez|desole|ou plutot|je me reprends`,
    ],
    [
      'link',
      `oui|ok|d accord|tiret|espace|barre|slash|virgule|point|je repete|et|trait d union|moins|chiffre|lettre|comme|majuscule|minuscule`,
    ],
  ]),
  unit: sure(
    `euro*|eur|€|£|$|%|centim*|dollar*|livres|jour|jours|semaine*|mois|an|ans|annee*|heure*|minute*|second*|fois|pour cent|pourcent|kilowatt*|watt*|metre|metres|kilometre*|km
    |kg|kilo|kilos|litre*|degre*|giga*|mega*|piece|pieces|personne*|article*|points|chiffres|chiffre|cartes|mensualite*|million*|virgule|factures|colis
    |commandes|enfants|produits|appels|matin|soir`,
  ),
  beforeOther: words('depuis en environ presque jusqu'),
  months: numbered('janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre'),
  ordinals: numbered('premier'),
  dateLinks: words('de du le'),
  at: sure('arobase|arrobase|arobas|at|@|a commercial'),
  dot: words('point dot'),
  dash: words('tiret underscore moins bas trait _'),
  cues: frenchCues,
  asks: sure(
    `pouvez vous|pourriez vous|vous pouvez|donnez moi|me donner|donner|me dire|dites moi|dicter|me dicter|lire|me lire|il me faut|il me faudrait|j ai besoin|j aurais besoin
    |quel est|quelle est|quels sont|me communiquer|communiquer|indiquer|m indiquer|me confirmer|confirmez|passons|je vous demande|puis je|je peux avoir|on y va|saisir|allez y|je vous ecoute`,
  ),
  done: sure(
    `paiement accepte|paiement effectue|paiement valide|paiement est|paiement a ete|transaction|c est enregistre|enregistre|c est note|j ai tout|j ai bien note|tout est bon
    |bonne journee|bonne soiree|au revoir|je vous remercie`,
  ),
  function:
    words(`le la les l un une des de du d a au aux en dans avec sur pour par et ou mais si que qui ne pas n ce c cet cette ces se s me m
    te t je j tu il elle on nous vous ils elles mon ma mes votre vos son sa ses ai as avons avez ont suis es est sommes etes sont etait
    y tres aussi deja plus ici la alors donc comme quand parce voudrais veux appelle appelais client cliente madame monsieur bonjour
    bonsoir merci oui non d accord pardon desole desolee content contente fatigue abonne abonnee chez ravi ravie sur sure tout rien voila
    bien pressee presse`),
  name: {
    sure: sure(
      `je m appelle|m appelle|mon nom c est|mon nom est|mon nom|nom c est|mon prenom est|mon prenom c est|mon nom de famille c est|mon nom de famille est|au nom de
      |nom de famille c est|prenom c est|le nom c est|le nom est|titulaire c est|a l attention de|nom et prenom|nom prenom|nom et prenom c est`,
    ),
    maybe: sure('je suis|c est|ici|moi c est|suis'),
    title: sure('monsieur|madame|mademoiselle|mme|mlle|docteur|maitre|professeur'),
    after: sure('a l appareil'),
    particles: words('de du des d le la van von ben el'),
  },
  address: {
    street: sure(
      `rue|avenue|boulevard|place|impasse|allee|allees|chemin|route|quai|cours|square|voie|passage|sentier|residence|lotissement|faubourg|esplanade|ruelle|venelle
      |montee|cite|hameau|villa|promenade|rond point|chaussee|parvis|traverse|zone`,
    ),
    order: 'number-street-name',
    inside: words('de du des d la le les l a au aux en sur sous saint sainte et'),
  },
  health: frenchHealth,
}
