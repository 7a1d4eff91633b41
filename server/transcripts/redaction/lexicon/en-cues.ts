import { phraseBook } from '../phrases.ts'
import type { Cue } from './lexicon.ts'

export const englishCues = phraseBook<Cue>([
  [
    'CARD',
    `card|cards|long card number|long number|credit card|debit card|bank card|visa|mastercard|american express|amex|maestro|sixteen digit*
    |16 digit*|fifteen digit*|card number|across the front|front of the card|on the front`,
  ],
  [
    'CVV',
    `cvv|cvc|cvv2|cvc2|cv2|c v v|c v c|c v two|c v 2|security code|security number|security digit*|code on the back|number on the back|numbers on the back
    |digits on the back|code at the back|on the back|on the reverse|signature strip|three digit*|3 digit*|last three|three numbers
    |verification code|verification number|back of the card|four digits on the front|pin|pin number`,
  ],
  [
    'EXPIRY',
    `expir*|valid until|valid to|valid thru|valid through|valid till|good until|good through|runs out|end date|exp date|expiration`,
  ],
  [
    'IBAN',
    `iban|i ban|i b a n|sort code|bank account|bank details|account and sort code|bic|swift|bank account number|direct debit|pay it into|paid into|my bank`,
  ],
  [
    'NATIONAL_ID',
    `national insurance|n i number|ni number|n i no|nino|social security|s s n|ssn|identity card|id card|driving licence|driving license
    |driver s licen*|nhs number|insurance number`,
  ],
  ['PASSPORT', `passport`],
  [
    'PHONE',
    `phone|telephone|mobile|landline|cell|cell phone|call me|call me back|ring me|ring me back|reach me|get me on|get hold of me|contact me|contact number|contact you
    |call you|call back|callback|text me|whatsapp|phone number|dial|area code`,
  ],
  ['EMAIL', `email|e mail|mail address|email address`],
  [
    'ADDRESS',
    `live at|live on|live in|living at|lives at|my address|address|i m at|located at|postcode|post code|postal code|zip code|zip|deliver* to|house number
    |first line`,
  ],
  ['DOB', `born|date of birth|d o b|dob|birthday|birth date|birthdate|birth`],
  [
    'OTHER',
    `order*|case|ticket|reference|ref|booking|reservation|meter|reading|bill|bills|invoice|amount|total|cost|costs|price|balance|paid|pay|paying
    |payment of|charged|charge|refund*|discount|instal*|customer number|customer id|account number|contract|policy|tracking|parcel|package
    |serial|model|item|items|quantity|usage|used|waiting|been waiting|waited|duration|lasted|room|floor|seat|flight|train|version|error
    |quote|claim|offer|promotion|loyalty card|points card|club card|sim card|points|router|batch|mpan`,
  ],
  ['NUMBER', `number|numbers|my number|digits`],
  ['DATE', `date|the date`],
  [
    'NAME',
    `full name|first name|surname|last name|family name|maiden name|cardholder|card holder|account holder|name on the|your name|who am i speaking|who s calling
    |who s speaking|spell*|spelt|spelled|letter by letter`,
  ],
])
