import { englishNumbers } from '../numbers/en.ts'
import { phraseBook } from '../phrases.ts'
import { englishCues } from './en-cues.ts'
import { englishHealth } from './health.ts'
import { alphabet, icao, type Lexicon, numbered, pairs, type Talk, words } from './lexicon.ts'

const sure = (list: string) => phraseBook<true>([[true, list]])

export const english: Lexicon = {
  language: 'en',
  numbers: englishNumbers,
  letters: new Map([
    ...pairs(
      `zed:Z zee:Z aitch:H haitch:H ess:S eff:F em:M en:N ar:R ex:X dee:D gee:G jay:J kay:K pee:P cue:Q queue:Q tee:T vee:V wye:Y`,
    ),
    ...[...alphabet].filter(([c]) => !'aio'.includes(c)),
  ]),
  weakLetters: new Map([...icao, ...pairs('a:A i:I o:O bee:B cee:C see:C sea:C why:Y you:U el:L')]),
  accentedLetters: new Map(),
  as: words('for as like in'),
  times: phraseBook<2 | 3>([
    [2, 'double|two times|twice'],
    [3, 'triple|treble|three times'],
  ]),
  talk: phraseBook<Talk>([
    [
      'filler',
      `uh|uhh|um|umm|er|err|erm|ah|hmm|mm|so|well|like|you know|let me see|let s see|hang on|hold on|one moment|one second|one sec|a moment|just a moment|just a second
      |just a sec|wait|bear with me|a second|then|and then|next|followed by|again|okay so|where is it|let me check|right so|now`,
    ],
    [
      'fix',
      `no|no no|sorry|no sorry|i mean|make that|sorry make that|scratch that|correction|i beg your pardon|beg your pardon|my mistake|rather|actually|no wait|oops|apologies
      |i meant|pardon`,
    ],
    [
      'link',
      `yes|yeah|ok|okay|right|dash|hyphen|space|slash|comma|dot|point|and|i repeat|stroke|digit|letter|capital|for`,
    ],
  ]),
  unit: sure(
    `pound*|quid|pence|penny|euro*|eur|€|£|$|%|dollar*|cent|cents|day*|week*|month*|year*|hour*|minute*|second|seconds|time|times|percent|per cent|kilowatt*|watt*|metre*|meter|meters|mile|miles
    |kilometre*|km|kg|kilo*|litre*|degree*|gig*|meg*|piece*|people|person|item*|points|digit*|cards|instalment*|million|point|bills|parcels|orders|kids|children|products|calls
    |o clock|pm|of them|thing|things|more|other|grand|unit*|letters|numbers`,
  ),
  beforeOther: words('since around about nearly almost until'),
  months: numbered('january february march april may june july august september october november december'),
  ordinals:
    numbered(`first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
    fifteenth sixteenth seventeenth eighteenth nineteenth twentieth`).set('thirtieth', 30),
  dateLinks: words('of the in th st nd rd'),
  at: sure('at|@|at sign'),
  dot: words('dot point'),
  dash: words('dash hyphen underscore minus _'),
  cues: englishCues,
  asks: sure(
    `could i|can i|may i|could you|can you|would you|will you|please|i need|i ll need|i just need|what s|what is|what are|read|read out|give me|tell me|take|have the|and the|confirm
    |provide|go ahead|let me have|let me take|when you re ready`,
  ),
  done: sure(
    `payment has|payment went|payment is|payment s|gone through|went through|been accepted|been taken|been approved|transaction|i have that|i ve got that|got all that|all done
    |that s all|that s everything|have a good|have a nice|goodbye|bye|thank you for calling|thank you for your payment`,
  ),
  function:
    words(`the a an of to in on at by for with from and or but if that this these those it its is am are was were be been i you he she we
    they my your his her our their me him us them do does did have has had will would can could should may might not no yes so just very
    also already here there then when what which who how why because about up out off over back calling phoning ringing trying looking
    having getting going customer please thanks thank hello hi good morning afternoon okay sorry happy fine sure afraid interested
    wondering really still not only ve ll re s m d t glad angry upset here mr mrs`),
  name: {
    sure: sure(
      `my name is|my name s|name is|name s|the name is|under the name of|under the name|in the name of|my first name is|my surname is|my last name is|surname is|surname s|last name is
      |first name is|full name is|my full name s|full name|account s in the name of|account is in the name of`,
    ),
    maybe: sure(
      'i m|i am|this is|it s|it is|you re speaking to|you re speaking with|speaking to|speaking with|am i speaking to',
    ),
    title: sure('mr|mrs|miss|ms|mister|missus|doctor|dr|professor|sir|madam'),
    after: sure('speaking|calling|here'),
    particles: words('d de van von der la le du mac mc o al el bin'),
  },
  address: {
    street: sure(
      'street|road|rd|avenue|ave|lane|drive|crescent|gardens|terrace|mews|boulevard|close|court|square|grove',
    ),
    order: 'number-name-street',
    inside: words(
      'of the on upon over under by le la in saint st north south east west upper lower new old great little',
    ),
  },
  health: englishHealth,
}
