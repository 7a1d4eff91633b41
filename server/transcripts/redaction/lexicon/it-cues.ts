import { phraseBook } from '../phrases.ts'
import type { Cue } from './lexicon.ts'

export const italianCues = phraseBook<Cue>([
  [
    'CARD',
    `carta|carte|carta di credito|carta di debito|carta prepagata|bancomat|mastercard|maestro|visa|american express|amex|postepay
    |diners|sul fronte|sul davanti|sedici cifre|16 cifre|quindici cifre|pan`,
  ],
  [
    'CVV',
    `cvv|cvc|cvv2|cvc2|cv2|c v v|c v c|c v 2|ci vi vi|ci vu vu|ci vi ci|ci vu ci|civivi|codice dietro|codice sul retro|codice sul dietro
    |codice di sicurezza|codice sicurezza|codice di controllo|codice di verifica|codice segreto|tre cifre|3 cifre|ultime tre cifre
    |tre numeri|tre numerini|quattro cifre davanti|numero di sicurezza|numeri dietro|cifre dietro|cifre sul retro|numeri sul retro
    |numero sul retro|numero dietro|numeretto dietro|numerino dietro|sul retro|pin|codice pin`,
  ],
  ['EXPIRY', `scad*|valida fino*|valida sino*|valido fino*|validita|in scadenza`],
  [
    'IBAN',
    `iban|l iban|i ban|i b a n|coordinate bancarie|coordinate|conto corrente|conto bancario|numero di conto|numero del conto|bic|swift|bonifico|accredit*|mio conto|sul conto|nel conto`,
  ],
  [
    'NATIONAL_ID',
    `codice fiscale|cf|codicefiscale|cod fiscale|tessera sanitaria|carta d identita|carta di identita|documento d identita
    |numero del documento|documento|patente|partita iva|previdenza sociale`,
  ],
  ['PASSPORT', `passaporto`],
  [
    'PHONE',
    `telefono|telefonino|cellulare|numero di cell|cell|fisso|richiam*|chiamarmi|mi chiami al*|mi chiamate al*|chiamatemi|chiamami|mi chiami|recapito
    |recapiti|contattarmi|mi contatti|mi trova al*|rintracciarmi|numero di casa|whatsapp|sms|mandarmi un messaggio|prefisso`,
  ],
  [
    'EMAIL',
    `email|e mail|mail|posta elettronica|indirizzo mail|indirizzo email|indirizzo e mail|indirizzo di posta*|pec`,
  ],
  [
    'ADDRESS',
    `abito|abita|abitiamo|vivo a|vivo in|risiedo|risiede|residente|residenza|domicilio|indirizzo|sto in|sto a|sto di casa|codice postale
    |spedit* a|consegnat* a|la via e|il civico|civico|c a p|il cap|cap e|dove abit*|dove viv*`,
  ],
  [
    'DOB',
    `nato|nata|nasc*|data di nascita|data nascita|nascita|nacqu*|compleanno|sono del|sono di|compio gli anni|classe`,
  ],
  [
    'OTHER',
    `ordin*|pratica|ticket|segnalazion*|prenotazion*|contatore|lettura|letture|autolettura|segna|bollett*|fattur*|importo|import*|totale
    |costo|costa|costava|prezzo|saldo|spes*|pagat*|pago|paga|pagavo|addebit*|rimbors*|rata|rate|sconto|codice cliente|numero cliente|numero di cliente
    |codice utente|utenza|contratto|polizza|protocollo|spedizione|tracking|tracciamento|pacco|collo|riferimento|matricola|seriale
    |numero di serie|modello|articol*|codice prodotto|codice articolo|quantita|consum*|bolletta|pod|pdr|aspett* da|attend* da
    |da circa|durat*|stanza|interno|fila|posto|volo|treno|versione|errore|codice errore|preventivo|sinistro|offerta|promozione
    |tessera fedelta|carta fedelta|carta punti|punti|carta sim|saldo punti|conto ne|modem|decoder|lotto`,
  ],
  ['NUMBER', `numero|numeri|mio numero|mio codice|cifre`],
  ['DATE', `data|la data`],
  [
    'NAME',
    `nome e cognome|cognome e nome|cognome|il nome|nome|intestatari*|intestat*|titolare|nominativo|con chi parlo|chi parla
    |sillab*|spelling|compitare|come si scrive|lettera per lettera`,
  ],
])
