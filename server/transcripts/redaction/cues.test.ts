import { expect, test } from 'vitest'
import { paymentCue } from './cues.ts'

test.each([
  ['it', 'mi può dettare il numero della sua carta di credito', 'CARD'],
  ['it', 'e il codice di sicurezza sul retro?', 'CVV'],
  ['it', 'mi servirebbe l’iban per il rimborso', 'IBAN'],
  ['it', 'allora la carta è', 'CARD'],
  ['it', 'la carta è quattro uno uno uno', 'CARD'],
  ['fr', 'pouvez-vous me communiquer le cryptogramme de la carte', 'CVV'],
  ['fr', 'il me faudrait votre rib', 'IBAN'],
  ['en', 'could you read out the long card number', 'CARD'],
  ['en', 'and the expiry date please', 'EXPIRY'],
] as const)('%s: %s begins', (language, text, type) => {
  expect(paymentCue(text, language)).toEqual({ begins: type, over: false })
})

test.each([
  ['it', 'perfetto il pagamento è andato a buon fine'],
  ['fr', 'le paiement a été validé merci'],
  ['en', 'lovely that has gone through for you'],
] as const)('%s: %s is over', (language, text) => {
  expect(paymentCue(text, language)).toEqual({ begins: null, over: true })
})

test.each([
  ['it', 'la mia carta è stata bloccata due settimane fa e non riesco a capire il motivo'],
  ['it', 'qual è il numero dell’ordine'],
  ['en', 'my card was declined yesterday and nobody told me anything about the reason'],
  ['fr', 'j’attends depuis trois semaines'],
] as const)('%s: %s begins nothing', (language, text) => {
  expect(paymentCue(text, language).begins).toBeNull()
})
