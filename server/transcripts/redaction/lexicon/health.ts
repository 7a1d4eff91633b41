import { phraseBook } from '../phrases.ts'

/**
 * Words that tell of somebody's health (GDPR art. 9). Curated: conditions, treatments and states that come up when services
 * are asked for allowances, not a medical dictionary.
 */
export const italianHealth = phraseBook<true>([
  [
    true,
    `diabet*|tumor*|cancro|chemioterapia|chemio|radioterapia|metastas*|leucemi*|linfoma|dialisi|trapiant*|infart*|ictus|cardiopati*|cardiac*|pacemaker|ipertes*
    |asma|asmatic*|bronchit*|polmonit*|enfisema|epiless*|parkinson|alzheimer|demenza|sclerosi|distrofia|fibromialgia|artrit*|artrosi|osteoporosi|depression*|depress*
    |ansia|attacchi di panico|bipolare|schizofreni*|anoressi*|bulimi*|autis*|psichiatr*|psicolog*|psicofarmac*|antidepressiv*|insulina|incinta|gravidanza|aborto
    |disabil*|invalid*|handicap|legge 104|cento quattro|centoquattro|sedia a rotelle|non vedente|ipovedente|cieco|cieca|sordo|sorda|epatit*|hiv|aids|sieropositiv*|covid
    |tossicodipenden*|alcolis*|alcolist*|malattia|malatt*|malato|malata|patologi*|diagnosi|intervento chirurgico|operazione al*|ricover*|ospedale|oncolog*|terapia|terapie
    |ossigeno terapia|ventilatore polmonare|respiratore|celiac*|allergi*|morbo di*`,
  ],
])

export const frenchHealth = phraseBook<true>([
  [
    true,
    `diabet*|tumeur*|cancer*|chimiotherapie|chimio|radiotherapie|metastas*|leucemi*|lymphome|dialyse|greffe|infarctus|avc|cardiaque|pacemaker|hypertension|asthm*
    |bronchite|pneumonie|emphyseme|epileps*|epileptique|parkinson|alzheimer|demence|sclerose|myopathie|fibromyalgie|arthrite|arthrose|osteoporose|depression|depressif|depressive
    |anxiete|crise d angoisse|bipolaire|schizophren*|anorex*|boulim*|autis*|psychiatr*|psycholog*|antidepresseur*|insuline|enceinte|grossesse|fausse couche|handicap*|invalidite
    |fauteuil roulant|aveugle|malvoyant*|sourd|sourde|malentendant*|hepatite|vih|sida|seropositi*|covid|toxicoman*|alcoolique|alcoolisme|maladie|malade|pathologie|diagnosti*
    |operation du|operation de la|chirurgi*|hospitalis*|hopital|oncolog*|traitement medical|sous oxygene|respirateur|coeliaque|allergi*|arret maladie|en ald`,
  ],
])

export const englishHealth = phraseBook<true>([
  [
    true,
    `diabet*|tumour*|tumor*|cancer*|chemotherap*|chemo|radiotherap*|metastas*|leukaemi*|leukemi*|lymphoma|dialysis|transplant|heart attack|heart condition|heart disease|stroke|pacemaker
    |high blood pressure|hypertension|asthma*|bronchitis|pneumonia|emphysema|copd|epilep*|parkinson*|alzheimer*|dementia|multiple sclerosis|muscular dystrophy|fibromyalgia|arthritis|arthritic
    |osteoporosis|depression|clinically depressed|anxiety|panic attack*|bipolar|schizophren*|anorexi*|bulimi*|autis*|psychiatr*|psycholog*|antidepressant*|insulin|pregnan*|miscarriage
    |disab*|wheelchair|registered blind|partially sighted|visually impaired|hard of hearing|deaf|hepatitis|hiv|aids|covid|drug addict*|addiction|alcoholi*|illness|disease|diagnos*|surgery
    |mental health|hospital|hospitali*|oncolog*|oxygen at home|home oxygen|ventilator|coeliac|celiac|allerg*|sick leave|pip assessment|medical condition`,
  ],
])
