"""In which languages dates and times can be written; the words of the pages are English."""

LANGUAGES = {
    "en-gb": "English (United Kingdom)",
    "en": "English (United States)",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt-br": "Português (Brasil)",
    "zh-hans": "简体中文",
}
