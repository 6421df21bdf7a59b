"""The words with which spreadsheet programs show an error, in the languages of Excel."""

from exports_app.services.campaigns.imports.cells import trimmed

_WORDS = """
#N/A #REF! #VALUE! #DIV/0! #NAME? #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #BUSY!
#UNKNOWN! #GETTING_DATA #ERROR!
#NV #WERT! #BEZUG! #ZAHL! #ÜBERLAUF! #KALK! #FELD!
#VALEUR! #NOMBRE! #NOM? #NUL! #PROPAGATION! #EPARS! #CALCUL!
#N/D #¡VALOR! #¡REF! #¡DIV/0! #¡NUM! #¿NOMBRE? #¡NULO! #¡DESBORDAMIENTO! #¡DESBORDE! #¡CALC!
#VALORE! #RIF! #NOME? #NULLO! #ESPANSIONE!
#VALOR! #NÚM! #NULO! #DESPEJAR!
#N/B #WAARDE! #VERW! #DEEL/0! #GETAL! #NAAM? #LEEG! #OVERLOOP!
#N/D! #ARG! #ADR! #DZIEL/0! #LICZBA! #NAZWA? #ZERO! #ROZLANIE!
#SAKNAS! #VÄRDEFEL! #REFERENS! #DIVISION/0! #OGILTIGT! #NAMN? #SKÄRNING!
#I/T #VÆRDI! #REFERENCE! #NAVN? #VERDI!
#PUUTTUU! #ARVO! #VIITTAUS! #JAKO/0! #LUKU! #NIMI? #TYHJÄ!
#HODNOTA! #ODKAZ! #DĚLENÍ_NULOU! #ČÍSLO! #NÁZEV?
#HIÁNYZIK #ÉRTÉK! #HIV! #ZÉRÓOSZTÓ! #SZÁM! #NÉV? #NULLA!
#\N{CYRILLIC CAPITAL LETTER EN}/Д #ЗНАЧ! #ССЫЛКА! #ДЕЛ/0! #ЧИСЛО! #ИМЯ? #ПУСТО! #ПЕРЕНОС!
#YOK #DEĞER! #BAŞV! #SAYI/0! #SAYI! #AD? #BOŞ!
"""
"""Excel's in English; then German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish,
Danish and Norwegian, Finnish, Czech, Hungarian, Russian and Turkish, where they differ."""
_ERRORS = frozenset(_WORDS.split())


def is_error(text: str) -> bool:
    return "#" in text and trimmed(text) in _ERRORS
