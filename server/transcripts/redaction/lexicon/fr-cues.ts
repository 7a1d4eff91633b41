import { phraseBook } from '../phrases.ts'
import type { Cue } from './lexicon.ts'

export const frenchCues = phraseBook<Cue>([
  [
    'CARD',
    `carte|carte bleue|carte bancaire|carte de credit|carte de paiement|cb|visa|mastercard|american express|amex|seize chiffres|16 chiffres
    |sur le devant|au recto|quinze chiffres|maestro`,
  ],
  [
    'CVV',
    `cvv|cvc|cvv2|cvc2|cv2|c v v|c v c|ce ve ve|cryptogram*|cryptogrammes|crypto|code derriere|code au dos|code de securite|code securite|code de verification
    |code au verso|code de controle|trois chiffres|3 chiffres|trois derniers chiffres|derniers chiffres|numero au dos|numero derriere
    |numeros au dos|chiffres au dos|chiffres derriere|au dos|au verso|code secret|code pin|pin`,
  ],
  [
    'EXPIRY',
    `expir*|date de validite|validite|valable jusqu*|valide jusqu*|valable|date d echeance|fin de validite|date de fin|elle finit`,
  ],
  [
    'IBAN',
    `iban|l iban|i ban|i b a n|rib|r i b|releve d identite bancaire|coordonnees bancaires|compte bancaire|numero de compte|bic|swift|virement|prelevement|mon compte|sur le compte`,
  ],
  [
    'NATIONAL_ID',
    `securite sociale|secu|numero de secu|numero de securite|carte vitale|nir|n i r|insee|carte d identite|carte nationale d identite
    |piece d identite|numero d assure|assure|assuree|assurance maladie|permis de conduire|numero fiscal|carte de sejour|titre de sejour|immatricul* a la secu*`,
  ],
  ['PASSPORT', `passeport`],
  [
    'PHONE',
    `telephone|tel|portable|mobile|fixe|rappel*|m appeler|me joindre|joignable|joindre|appelez moi|contactez moi|me contacter|coordonnees telephoniques
    |whatsapp|sms|texto|mon numero c est le|m envoyer un message|indicatif`,
  ],
  [
    'EMAIL',
    `email|e mail|mail|courriel|mel|adresse mail|adresse email|adresse e mail|adresse electronique|adresse courriel|boite mail|messagerie`,
  ],
  [
    'ADDRESS',
    `habit*|j habite|je vis a|je vis au|je demeure|demeurant|domicil*|reside|residant|adresse|adresse postale
    |code postal|livr* a|livr* au|je suis au|j habite au|domicile`,
  ],
  [
    'DOB',
    `ne le|nee le|je suis du|ne en|nee en|suis ne|suis nee|date de naissance|naissance|anniversaire|naquit|naitre`,
  ],
  [
    'OTHER',
    `commande|dossier|ticket|reservation|compteur|releve du compteur|releve de compteur|releve|index|factur*|montant|total|cout|coute|coutait|prix|solde|pay*
    |preleve|preleves|compte client|rembours*|remise|reduction|mensualite*|numero client|numero de client|code client|reference client|identifiant|contrat
    |police|suivi|colis|envoi|expedition|reference|numero de serie|matricule|modele|article|articles|produit|quantite|consomm*
    |attend* depuis|duree|dure|heures|chambre|etage|siege|place numero|vol|train|version|erreur|code erreur|devis|sinistre|offre|promotion
    |carte de fidelite|carte fidelite|points|carte sim|carte grise|decodeur|box|lot|pdl|point de livraison|pce`,
  ],
  ['NUMBER', `numero|numeros|mon numero|chiffres|le mien`],
  ['DATE', `date|la date`],
  [
    'NAME',
    `nom|prenom|nom de famille|nom et prenom|titulaire|au nom de|qui est a l appareil|a qui ai je|epel*|epeler|lettre par lettre|comment ca s ecrit
    |ca s ecrit`,
  ],
])
