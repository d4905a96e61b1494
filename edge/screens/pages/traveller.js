import { follow } from "/pages/silence.js";

// One prompt at a time: a picture and a sentence.  ?lang= chooses the language, else the browser's.
const FACE = '<circle cx="100" cy="78" r="36"/><path d="M36 182c4-42 30-60 64-60s60 18 64 60"/>';
const PICTURES = {
  welcome: FACE + '<path d="M14 52V18h34M186 52V18h-34M14 150v34h14M186 150v34h-14"/>',
  look_here: '<path d="M12 100c26-42 56-60 88-60s62 18 88 60c-26 42-56 60-88 60s-62-18-88-60z"/><circle cx="100" cy="100" r="28"/><circle class="solid" cx="100" cy="100" r="11"/>',
  come_closer: '<circle cx="100" cy="40" r="22"/><path d="M66 104c3-26 16-36 34-36s31 10 34 36M100 118v62M72 154l28 28 28-28"/>',
  step_back: '<circle cx="100" cy="118" r="24"/><path d="M60 190c3-32 20-44 40-44s37 12 40 44M100 80V18M72 44l28-28 28 28"/>',
  more_light: '<circle cx="100" cy="100" r="34"/><path d="M100 14v26M100 160v26M14 100h26M160 100h26M39 39l19 19M142 142l19 19M161 39l-19 19M58 142l-19 19"/>',
  one_person: '<circle cx="62" cy="70" r="26"/><path d="M18 158c3-38 20-52 44-52s41 14 44 52"/><g opacity=".4"><circle cx="150" cy="78" r="20"/><path d="M120 158c2-30 14-42 30-42s28 12 30 42"/></g><path d="M114 166l72-106"/>',
  hold_still: FACE + '<path d="M24 56v44M176 56v44M8 66v24M192 66v24" opacity=".55"/>',
  uncover: '<circle cx="58" cy="92" r="34"/><circle cx="142" cy="92" r="34"/><path d="M92 88c5-6 11-6 16 0M24 86l-12-14M176 86l12-14M100 140v44M78 162l22 22 22-22"/>',
  moment: '<path d="M12 86c26-42 56-60 88-60s62 18 88 60c-26 42-56 60-88 60s-62-18-88-60z"/><circle cx="100" cy="86" r="28"/><circle class="solid" cx="64" cy="178" r="8"/><circle class="solid" cx="100" cy="178" r="8"/><circle class="solid" cx="136" cy="178" r="8"/>',
  checking: '<circle cx="100" cy="100" r="72" stroke-dasharray="14 24"/><circle class="solid" cx="100" cy="100" r="12"/>',
  go: '<path d="M30 100h132M108 46l54 54-54 54"/>',
  see_agent: '<circle cx="66" cy="70" r="26"/><path d="M20 164c3-40 20-56 46-56s43 16 46 56"/><path d="M112 26h72v52h-32l-20 20V78h-20z"/><path d="M130 52h36"/>',
  documents: '<rect x="52" y="22" width="96" height="134" rx="10"/><circle cx="100" cy="70" r="20"/><path d="M70 112c4-16 14-22 30-22s26 6 30 22M74 134h52M100 166v26M84 178l16 14 16-14"/>',
  lost: '<circle cx="100" cy="100" r="74"/><path d="M100 56v52"/><circle class="solid" cx="100" cy="140" r="7"/>',
};
const SENTENCES = {
  en: { welcome: "Walk up and look at the camera", look_here: "Please look here", come_closer: "Please come closer",
    step_back: "Please step back a little", more_light: "More light is coming", one_person: "One person at a time, please",
    hold_still: "Please hold still", uncover: "Please take off sunglasses or mask", moment: "Please keep looking here", checking: "One moment", go: "Please walk through", see_agent: "Please see the agent",
    documents: "Please show your documents to the agent",
    lost: "Please see an agent", notice: "Your face is compared with travelers’ photos.\nPrefer documents? Please tell the agent." },
  de: { welcome: "Bitte vortreten und in die Kamera blicken", look_here: "Bitte hierher blicken", come_closer: "Bitte näher kommen",
    step_back: "Bitte etwas zurücktreten", more_light: "Es wird gleich heller", one_person: "Bitte einzeln eintreten",
    hold_still: "Bitte stillhalten", uncover: "Bitte Sonnenbrille oder Maske abnehmen", moment: "Bitte weiter hierher blicken", checking: "Einen Moment", go: "Bitte durchgehen", see_agent: "Bitte zum Personal gehen",
    documents: "Bitte dem Personal die Dokumente zeigen",
    lost: "Bitte zum Personal gehen", notice: "Ihr Gesicht wird mit Fotos der Reisenden verglichen.\nLieber Dokumente? Bitte dem Personal sagen." },
  fr: { welcome: "Avancez et regardez la caméra", look_here: "Regardez ici, s'il vous plaît", come_closer: "Approchez-vous",
    step_back: "Reculez un peu", more_light: "La lumière arrive", one_person: "Une seule personne à la fois",
    hold_still: "Ne bougez pas", uncover: "Retirez lunettes de soleil ou masque", moment: "Continuez à regarder ici", checking: "Un instant", go: "Passez, s'il vous plaît", see_agent: "Adressez-vous à l'agent",
    documents: "Présentez vos documents à l'agent",
    lost: "Adressez-vous à un agent", notice: "Votre visage est comparé aux photos des voyageurs.\nPlutôt vos documents ? Dites-le à l'agent." },
  es: { welcome: "Acérquese y mire a la cámara", look_here: "Mire aquí, por favor", come_closer: "Acérquese un poco más",
    step_back: "Retroceda un poco", more_light: "Ahora habrá más luz", one_person: "De uno en uno, por favor",
    hold_still: "No se mueva, por favor", uncover: "Quítese las gafas de sol o la mascarilla", moment: "Siga mirando aquí, por favor", checking: "Un momento", go: "Pase, por favor", see_agent: "Diríjase al agente",
    documents: "Muestre sus documentos al agente",
    lost: "Diríjase a un agente", notice: "Su rostro se compara con fotos de los viajeros.\n¿Prefiere documentos? Dígaselo al agente." },
};
const wished = new URLSearchParams(location.search).get("lang") ?? navigator.language.slice(0, 2);
const lang = wished in SENTENCES ? wished : "en";
const say = SENTENCES[lang];
document.documentElement.lang = lang;

let flat = false;

// The notice and the way to opt out stay whatever else is shown (NOT-1): the next person may follow at once.
document.getElementById("notice").textContent = say.notice;

function show(prompt) {
  document.body.dataset.prompt = prompt;
  document.getElementById("pictogram").innerHTML = PICTURES[prompt];
  document.getElementById("sentence").textContent = say[prompt];
  document.getElementById("flat").hidden = !flat;
}

follow("/events", (state) => {
  flat = !state.liveness_enforced;
  show(state.prompt);
}, (current) => { if (!current) show("lost"); });
