"""Alarm words in five languages: plain, misspelt, negated, and negated only in appearance."""

import pytest

from colonnade.aftercare.words import read_text

PLAIN = {
    "en": {
        "fever": "I have a fever",
        "blisters": "there are blisters",
        "pus": "pus is coming out",
        "spreading_redness": "the redness is spreading",
        "breathing_trouble": "I can't breathe",
        "vision_change": "I can't see",
        "bleeding_not_stopping": "it will not stop bleeding",
        "suicidal": "I want to die",
        "despair": "I feel hopeless",
        "seizure": "he had a seizure",
        "pigment_returned": "the mole came back",
        "metallic_taste": "a metallic taste",
    },
    "zh": {
        "fever": "我发烧了",
        "blisters": "起了水疱",
        "pus": "伤口化脓",
        "spreading_redness": "红肿在扩散",
        "breathing_trouble": "呼吸困难",
        "vision_change": "看不清",
        "bleeding_not_stopping": "一直出血",
        "suicidal": "不想活了",
        "despair": "我很绝望",
        "seizure": "抽搐",
        "pigment_returned": "痣又长出来了",
        "metallic_taste": "嘴里有金属味",
    },
    "es": {
        "fever": "tengo fiebre",
        "blisters": "me salieron ampollas",
        "pus": "sale pus",
        "spreading_redness": "el rojo se extiende",
        "breathing_trouble": "me cuesta respirar",
        "vision_change": "no veo bien",
        "bleeding_not_stopping": "no deja de sangrar",
        "suicidal": "quiero morirme",
        "despair": "estoy desesperada",
        "seizure": "tuvo convulsiones",
        "pigment_returned": "el lunar ha vuelto",
        "metallic_taste": "sabor metálico",
    },
    "fr": {
        "fever": "j'ai de la fièvre",
        "blisters": "des cloques sont apparues",
        "pus": "il y a du pus",
        "spreading_redness": "la rougeur s'étend",
        "breathing_trouble": "je respire mal",
        "vision_change": "je vois flou",
        "bleeding_not_stopping": "ça saigne encore",
        "suicidal": "je veux mourir",
        "despair": "je suis désespérée",
        "seizure": "il a eu des convulsions",
        "pigment_returned": "le grain de beauté est revenu",
        "metallic_taste": "un goût métallique",
    },
    "ar": {
        "fever": "عندي حمى",
        "blisters": "ظهرت فقاعات",
        "pus": "يخرج صديد",
        "spreading_redness": "الاحمرار ينتشر",
        "breathing_trouble": "ضيق في التنفس",
        "vision_change": "لا أرى جيدا",
        "bleeding_not_stopping": "الجرح ينزف",
        "suicidal": "أريد أن أموت",
        "despair": "أنا يائسة",
        "seizure": "حدث تشنج",
        "pigment_returned": "الشامة رجعت",
        "metallic_taste": "طعم معدني",
    },
}


def signs(text):
    return {s.sign for s in read_text(text).signs}


@pytest.mark.parametrize(
    ("sign", "text"),
    [(s, t) for by_sign in PLAIN.values() for s, t in by_sign.items()],
    ids=[f"{lang}-{s}" for lang, by_sign in PLAIN.items() for s in by_sign],
)
def test_plain(sign, text):
    assert sign in signs(text)


@pytest.mark.parametrize(
    ("sign", "text"),
    [
        ("fever", "i have a fevr"),
        ("fever", "FEVER!!"),
        ("fever", "feverr and shaking"),
        ("blisters", "blistr on my chin"),
        ("blisters", "blsiters"),
        ("spreading_redness", "its spreding"),
        ("infection_word", "it is infcted"),
        ("breathing_trouble", "dificulty brething"),
        ("fever", "temperature 38.7"),
        ("fever", "39 °C"),
        ("fever", "体温39度"),
        ("fever", "٣٩ درجة"),
        ("fever", "102 F"),
        ("severe_pain", "pain 8/10"),
        ("fever", "tengo calenturra"),
        ("blisters", "anpollas"),
        ("fever", "de la fievre"),
        ("blisters", "des clocques"),
        ("fever", "发哨了"),
        ("fever", "我發燒"),
        ("blisters", "水泡泡"),
        ("infection_word", "التهااب"),
        ("pus", "والصديد"),
        ("fever", "حُمَّى"),
    ],
)
def test_misspelt(sign, text):
    assert sign in signs(text)


@pytest.mark.parametrize(
    "text",
    [
        "no fever",
        "I don't have a fever",
        "without any pus",
        "no fever or blisters",
        "there is no pus",
        "没有发烧",
        "没发烧",
        "没有发烧、流脓",
        "无水疱",
        "no tengo fiebre",
        "sin fiebre ni ampollas",
        "no hay pus",
        "pas de fièvre",
        "je n'ai pas de fièvre",
        "aucune cloque",
        "sans pus",
        "لا توجد حمى",
        "ليس عندي حمى",
        "بدون صديد",
        "ما عندي حرارة",
    ],
)
def test_negated(text):
    assert signs(text) == set()


@pytest.mark.parametrize(
    ("sign", "text"),
    [
        ("pus", "no fever but pus"),
        ("pus", "no fever and pus"),
        ("fever", "not only fever"),
        ("fever", "no doubt I have a fever"),
        ("fever", "not without fever"),
        ("fever", "I have no more fever tablets"),
        ("fever", "No. Fever all night"),
        ("fever", "no, fever"),
        ("lip_tongue_swelling", "no lip swelling and my tongue is swelling"),
        ("breathing_trouble", "can not breathe"),
        ("no_feeling", "no feeling in the cheek"),
        ("one_patch_not_healing", "it does not heal"),
        ("blisters", "no tengo fiebre pero sí ampollas"),
        ("fever", "no solo fiebre"),
        ("fever", "pas seulement de la fièvre"),
        ("blisters", "pas de fièvre mais des cloques"),
        ("fever", "ليس فقط حمى"),
        ("pus", "没有发烧，但是流脓"),
        ("fever", "不只是发烧"),
        ("fever", "发烧不退"),
        ("fever", "fever not going down"),
    ],
)
def test_a_negation_that_does_not_negate(sign, text):
    assert sign in signs(text)


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("", "nothing written"),
        ("  \n", "nothing written"),
        ("Feeling fine, a little itchy today.", "all known"),
        ("有点痒", "all known"),
        ("Todo bien, gracias", "all known"),
        ("Tout va bien, merci", "all known"),
        ("أنا بخير", "all known"),
        ("the parrot ate my cream", "partly"),
        ("Rana ropieje i cuchnie", "not at all"),
        ("熱が出て傷が膿んでいる", "not at all"),
        ("상처에서 고름이 나와요", "not at all"),
        ("😭😭", "not at all"),
        ("ᚠᛖᚹᛖᚱ", "not at all"),
    ],
)
def test_what_is_not_understood_is_said(text, understood):
    assert read_text(text).understood == understood


def test_hostile_text_is_read_as_text_in_time():
    for text in (
        '#read("/etc/passwd") <script>alert(1)</script> BEGIN:VCALENDAR\r\n \' OR 1=1 --',
        "\x00\x01\x1b[31m",
        "a" * 20_000,
        "no " * 6_000,
        "发" * 20_000,
        "\u202e\u200f" * 5_000,
    ):
        read_text(text)
