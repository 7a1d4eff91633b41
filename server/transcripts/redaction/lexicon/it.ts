import { italianNumbers } from '../numbers/it.ts'
import { phraseBook } from '../phrases.ts'
import { italianHealth } from './health.ts'
import { italianCues } from './it-cues.ts'
import { alphabet, icao, type Lexicon, numbered, pairs, type Talk, words } from './lexicon.ts'

const sure = (list: string) => phraseBook<true>([[true, list]])

/** Cities that spell letters without their letter before them. */
const cities =
  pairs(`ancona:A bologna:B como:C domodossola:D empoli:E firenze:F genova:G imola:I jolly:J kappa:K cappa:K
  livorno:L milano:M napoli:N otranto:O padova:P quarto:Q roma:R savona:S torino:T udine:U venezia:V washington:W york:Y zara:Z
  xilofono:X xeres:X`)

export const italian: Lexicon = {
  language: 'it',
  numbers: italianNumbers,
  letters: new Map([
    ...pairs(`effe:F acca:H elle:L emme:M enne:N erre:R esse:S ipsilon:Y ypsilon:Y zeta:Z cappa:K kappa:K ics:X iks:X gei:J
      icse:X bi:B gi:G pi:P cu:Q qu:Q`),
    ...[...alphabet].filter(([c]) => !'aeio'.includes(c)),
  ]),
  weakLetters: new Map([...icao, ...cities, ...pairs(`a:A e:E i:I o:O ci:C di:D ti:T vi:V vu:V u:U`)]),
  accentedLetters: new Map(),
  as: words('come di per'),
  times: phraseBook<2 | 3>([
    [2, 'doppio|doppia|doppie|due volte'],
    [3, 'triplo|tripla|tre volte'],
  ]),
  talk: phraseBook<Talk>([
    [
      'filler',
      `eh|ehm|ehmm|em|mm|mmm|mh|uhm|uh|ah|allora|dunque|un attimo|un attimino|attimo|un momento|un momentino|un secondo|un secondino|un minuto
      |aspetti|aspetta|aspetti un attimo|vediamo|ecco|cioe|diciamo|insomma|mi faccia vedere|fammi vedere|dove|non vedo bene|guardi|senta
      |poi|e poi|dopo|quindi|ancora|di nuovo|tipo|praticamente|mi lasci vedere|che leggo|sto leggendo`,
    ],
    [
      'fix',
      `no|no no|scusi|scusa|mi scusi|scusate|no scusi|no aspetti|volevo dire|voglio dire|anzi|pardon|ho sbagliato|mi sono sbagliat*|mi correggo
      |correggo|correzione|rettifico|intendevo|anzi no|sbagliato`,
    ],
    [
      'link',
      `si|ok|okay|va bene|esatto|certo|spazio|trattino|barra|slash|meno|virgola|punto|ripeto|e di nuovo|come|numero|cifra|lettera`,
    ],
  ]),
  unit: sure(
    `euro|eur|€|£|$|%|centesim*|dollar*|sterline|giorn*|settiman*|mese|mesi|anno|anni|ora|ore|minut*|second*|volt*|percento|per cento|kilowatt*|chilowatt*|watt|metri|metro
    |chilometr*|km|kg|chilo|chili|litr*|grad*|gigabyte|giga|mega|megabit|pezz*|person*|articol*|punti|cifre|cifra|numeri|carte|rate|mila|milion*|virgola|bollett*
    |fattur*|pacch*|ordin*|figli|prodott*|telefonat*|chiamat*|mattina|sera|pomeriggio|o clock`,
  ),
  beforeOther: words('dal nel del dall entro circa quasi oltre fino'),
  months: numbered('gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre'),
  ordinals: numbered('primo'),
  dateLinks: words('di del dell'),
  at: sure('chiocciola|chiocciolina|a commerciale|@|et|at'),
  dot: words('punto dot'),
  dash: words('trattino meno underscore basso lineetta sottolineato _'),
  cues: italianCues,
  asks: sure(
    `puo dare|puo darmi|mi da|mi dia|darmi|mi dica|mi dice|dirmi|puo dirmi|dettar*|mi detti|mi detta|legg*|mi serve|mi servono|mi servirebbe|ho bisogno
    |avrei bisogno|quale e|qual e|quali sono|mi fornisc*|fornir*|comunic*|indicarmi|mi indichi|mi lasci|inserisc*|inserire|procediamo|passiamo|confermare|mi conferma
    |chiedo|chiederle|prego`,
  ),
  done: sure(
    `pagamento effettuato|pagamento andato|pagamento e andato|pagamento riuscito|pagamento accettato|pagamento e stato|andato a buon fine|transazione
    |ho registrato|registrato|ho tutto|ho preso nota|ho annotato|ho inserito|tutto a posto|abbiamo finito|la ringrazio|buona giornata|buona serata|arrivederci`,
  ),
  function:
    words(`il lo la i gli le l un uno una di a da in con su per tra fra e o ma se che chi cui non ne ci vi si mi ti del dello della
    dei degli delle al allo alla ai agli alle dal dallo dalla dai dagli dalle nel nello nella nei negli nelle sul sulla sulle col ho hai ha
    abbiamo avete hanno sono sei e siamo siete era ero sto sta stato stata questo questa quello quella mio mia suo sua vostro vostra
    molto anche solo gia piu qui li qua poi perche quando come dove quindi allora vorrei volevo chiamo chiamavo cliente signora signor
    buongiorno buonasera grazie prego ok si no scusi ecco qualcosa tutto niente interessato interessata sicuro sicura contento contenta
    arrabbiato arrabbiata stufo stufa deluso delusa d`),
  name: {
    sure: sure(
      `mi chiamo|mio nome e|nome e|il nome e|il cognome e|cognome e|nome cognome e|nominativo e|a nome di|a nome|intestat* a|intestatario e|intestataria e
      |titolare e|all attenzione di|parlo con il signor|parlo con la signora|nome e cognome`,
    ),
    maybe: sure('sono|sono io|qui parla|parla|sono il signor|sono la signora|sarei|qui e|parlo con'),
    title: sure(
      'signor|signora|signorina|sig|sig ra|dottor|dottore|dottoressa|avvocato|ingegner|ingegnere|professor|professoressa|don|ragionier',
    ),
    after: phraseBook<true>([]),
    particles: words('di de del della dello dei degli da dal dalla lo la li d o van von'),
  },
  address: {
    street: sure(
      `via|viale|piazza|piazzale|piazzetta|corso|largo|vicolo|strada|borgo|rotonda|contrada|lungomare|lungotevere|lungarno|salita|traversa|localita|frazione
      |vico|calle|rione|incrocio|circonvallazione|stradone|galleria|passeggiata|campo|fondamenta|riva|discesa|cascina|quartiere|villaggio`,
    ),
    order: 'street-name-number',
    inside: words('di de del della dello dei degli delle da a al alla in sul sulla san santa santo sant la lo l d e'),
  },
  health: italianHealth,
}
