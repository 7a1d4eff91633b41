/** README.txt of a package: the commands once, then what they show in each language. The tests run these very commands. */
export const readmeText = String.raw`VERBALE
Pacchetto di prove · Dossier de preuves · Evidence package
ETSI EN 319 162-1 (ASiC-E), RFC 3161, RFC 6962, c2sp.org/signed-note, c2sp.org/tlog-proof

[0] LOG_KEY='name+id+key'; TSA_ROOTS=/path/to/roots.pem; T=$(mktemp -d)

[1] sed '/^$/,$d;1d' META-INF/seal.note | sha256sum -c --quiet

[2] printf %s "$LOG_KEY" | cut -d+ -f3- | openssl base64 -d -A | tail -c 32 > "$T/key"
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; cat "$T/key"; } | openssl pkey -pubin -inform DER -out "$T/log.pem"
    sed '/^$/,$d' META-INF/seal.note > "$T/text"
    tail -n 1 META-INF/seal.note | sed 's/.* //' | openssl base64 -d -A | tail -c 64 > "$T/sig"
    openssl pkeyutl -verify -pubin -inkey "$T/log.pem" -rawin -in "$T/text" -sigfile "$T/sig"

[3] sed '/^$/,$d' checkpoint.txt > "$T/text"
    tail -n 1 checkpoint.txt | sed 's/.* //' | openssl base64 -d -A | tail -c 64 > "$T/sig"
    openssl pkeyutl -verify -pubin -inkey "$T/log.pem" -rawin -in "$T/text" -sigfile "$T/sig"

[4] openssl dgst -sha256 -mac HMAC -macopt hexkey:$(cat events/0001.salt) -binary events/0001.json | openssl base64 -A

[5] openssl ts -verify -data checkpoint.txt -in checkpoint.tst -token_in -CAfile "$TSA_ROOTS"
    openssl ts -verify -data META-INF/ASiCManifest.xml -in META-INF/timestamp.tst -token_in -CAfile "$TSA_ROOTS"

[6] sh verify.sh . "$LOG_KEY" "$TSA_ROOTS"

[7] node verbale-verify.mjs package.asice --log-key "$LOG_KEY" --tsa-roots "$TSA_ROOTS"


ITALIANO

Questo pacchetto contiene una chiamata registrata e ciò che serve per controllarla senza fidarsi di chi la consegna. La chiave del
registro (LOG_KEY) e i certificati radice dell'autorità di marcatura temporale (TSA_ROOTS) devono arrivare da un'altra parte, non da
qui: il programma e lo script di verifica pure.

[1] ogni file è quello elencato nel sigillo. [2] Il sigillo è firmato dal registro. [3] Lo stato del registro (checkpoint) è firmato
dalla stessa chiave. [4] L'evento è quello a cui si riferisce la voce del registro: il risultato è la seconda riga della voce in
custody.json. [5] Le marche temporali; se il certificato dell'autorità è scaduto nel frattempo, aggiungere -attime con i secondi
della marca. Mancano nei pacchetti senza autorità: in quel caso la data è solo dichiarata da chi registra. [6] I punti da 1 a 5 e la
presenza di ogni evento nel registro. [7] Tutto, anche l'audio secondo per secondo.

recording*.wav    la registrazione; il silenzio dei tratti coperti non fa parte della chiamata
disclosure.json   quali secondi sono udibili e come dimostrarli; dei tratti coperti solo l'impronta
vcon.json         la chiamata nel formato vCon
gaps.json         i tratti senza audio reale e il motivo
policy.json       le regole di registrazione in vigore
consent.json      il consenso e come è stato chiesto
custody.json      che cosa è successo alla chiamata, in ordine; gli originali sono in events/
report-it.pdf     tutto questo in parole


FRANÇAIS

Ce dossier contient un appel enregistré et ce qu'il faut pour le contrôler sans faire confiance à celui qui le remet. La clé du
journal (LOG_KEY) et les certificats racine de l'autorité d'horodatage (TSA_ROOTS) doivent venir d'ailleurs, de même que le programme
et le script de vérification.

[1] chaque fichier est celui que le sceau énumère. [2] Le sceau est signé par le journal. [3] L'état du journal (checkpoint) est signé
par la même clé. [4] L'événement est celui que vise l'entrée du journal : le résultat est la deuxième ligne de l'entrée dans
custody.json. [5] Les horodatages ; si le certificat de l'autorité a expiré depuis, ajouter -attime avec les secondes de
l'horodatage. Ils manquent dans les dossiers sans autorité : la date n'est alors que déclarée par celui qui enregistre. [6] Les points
1 à 5 et la présence de chaque événement dans le journal. [7] Tout, y compris le son seconde par seconde.

recording*.wav    l'enregistrement ; le silence des passages masqués ne fait pas partie de l'appel
disclosure.json   quelles secondes sont audibles et comment les prouver ; des passages masqués, l'empreinte seule
vcon.json         l'appel au format vCon
gaps.json         les passages sans son réel et leur motif
policy.json       les règles d'enregistrement en vigueur
consent.json      le consentement et la manière dont il a été demandé
custody.json      ce qui est arrivé à l'appel, dans l'ordre ; les originaux sont dans events/
report-fr.pdf     tout cela en toutes lettres


ENGLISH

This package holds a recorded call and what it takes to check it without trusting whoever hands it over. The key of the log (LOG_KEY)
and the root certificates of the time stamp authority (TSA_ROOTS) must come from elsewhere, and so must the program and the script
that check it.

[1] every file is the one the seal lists. [2] The seal is signed by the log. [3] The state of the log (checkpoint) is signed by the
same key. [4] The event is the one the log's entry commits to: the result is the second line of the entry in custody.json. [5] The
time stamps; if the authority's certificate has ended since, add -attime with the seconds of the stamp. Packages without an authority
have none: the time is then only what the recording party says. [6] Points 1 to 5 and that the log holds every event. [7] Everything,
the audio second by second too.

recording*.wav    the recording; the silence of masked spans is not part of the call
disclosure.json   which seconds can be heard and how to prove them; of masked spans only the hash
vcon.json         the call as a vCon
gaps.json         spans without real audio, and why
policy.json       the recording rules in force
consent.json      the consent and how it was asked for
custody.json      what happened to the call, in order; the originals are in events/
report-en.pdf     all of this in words
`
