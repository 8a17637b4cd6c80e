"""Countries as InvoiceXpress spells them: it takes a name of its own list and refuses all others.

Joined from the vendor's list (reference invoicexpress.md section 2.6) and ISO 3166. Not in that list, and so not here:
Åland, Antarctica, Kosovo, South Sudan, Tonga, Tokelau, Saint Martin, Saint Barthélemy, Saint Pierre and Miquelon, Sint
Maarten, Bonaire, the British Virgin Islands ("Virgin Islands" alone is taken for the United States') and what nobody
lives in.
"""

_NAMES = """
AD=Andorra; AE=United Arab Emirates; AF=Afghanistan; AG=Antigua and Barbuda; AI=Anguilla; AL=Albania; AM=Armenia;
AO=Angola; AR=Argentina; AS=American Samoa; AT=Austria; AU=Australia; AW=Aruba; AZ=Azerbaijan; BA=Bosnia-Herzegovina;
BB=Barbados; BD=Bangladesh; BE=Belgium; BF=Burkina Faso; BG=Bulgaria; BH=Bahrain; BI=Burundi; BJ=Benin; BM=Bermuda;
BN=Brunei; BO=Bolivia; BR=Brazil; BS=Bahamas; BT=Bhutan; BW=Botswana; BY=Belarus; BZ=Belize; CA=Canada; CC=Cocos
(Keeling) Islands; CD=Congo, Democratic Republic; CF=Central African Republic; CG=Congo; CH=Switzerland; CI=Côte
d’Ivoire; CK=Cook Islands; CL=Chile; CM=Cameroon; CN=China; CO=Colombia; CR=Costa Rica; CU=Cuba; CV=Cape Verde;
CW=Curaçao; CX=Christmas Island; CY=Cyprus; CZ=Czech Republic; DE=Germany; DJ=Djibouti; DK=Denmark; DM=Dominica;
DO=Dominican Republic; DZ=Algeria; EC=Ecuador; EE=Estonia; EG=Egypt; EH=Western Sahara; ER=Eritrea; ES=Spain;
ET=Ethiopia; FI=Finland; FJ=Fiji; FK=Falkland Islands; FM=Micronesia; FO=Faeroe Islands (Føroyar); FR=France; GA=Gabon;
GB=UK; GD=Grenada; GE=Georgia; GF=French Guiana; GG=Guernsey; GH=Ghana; GI=Gibraltar; GL=Greenland; GM=Gambia;
GN=Guinea; GP=Guadeloupe; GQ=Equatorial Guinea; GR=Greece; GT=Guatemala; GU=Guam; GW=Guinea-Bissau; GY=Guyana;
HK=Hong Kong; HM=Heard and McDonald Islands; HN=Honduras; HR=Croatia; HT=Haiti; HU=Hungary; ID=Indonesia; IE=Ireland;
IL=Israel; IM=Isle of Man; IN=India; IO=British Indian Ocean Territory; IQ=Iraq; IR=Iran; IS=Iceland; IT=Italy;
JE=Jersey; JM=Jamaica; JO=Jordan; JP=Japan; KE=Kenya; KG=Kyrgyzstan; KH=Cambodia; KI=Kiribati; KM=Comoros; KN=St. Kitts
and Nevis; KP=Korea, North; KR=Korea, South; KW=Kuwait; KY=Cayman Islands; KZ=Kazakhstan; LA=Laos; LB=Lebanon; LC=St.
Lucia; LI=Liechtenstein; LK=Sri Lanka; LR=Liberia; LS=Lesotho; LT=Lithuania; LU=Luxembourg; LV=Latvia; LY=Libya;
MA=Morocco; MC=Monaco; MD=Moldova; ME=Montenegro; MG=Madagascar; MH=Marshall Islands; MK=Macedonia (Former Yug. Rep.);
ML=Mali; MM=Burma; MN=Mongolia; MO=Macau; MP=Northern Mariana Islands; MQ=Martinique; MR=Mauritania; MS=Montserrat;
MT=Malta; MU=Mauritius; MV=Maldives; MW=Malawi; MX=Mexico; MY=Malaysia; MZ=Mozambique; NA=Namibia; NC=New Caledonia;
NE=Niger; NF=Norfolk Island; NG=Nigeria; NI=Nicaragua; NL=Netherlands; NO=Norway; NP=Nepal; NR=Nauru; NU=Niue; NZ=New
Zealand; OM=Oman; PA=Panama; PE=Peru; PF=French Polynesia; PG=Papua New Guinea; PH=Philippines; PK=Pakistan; PL=Poland;
PN=Pitcairn Island; PR=Puerto Rico; PS=Palestine; PT=Portugal; PW=Palau; PY=Paraguay; QA=Qatar; RE=Reunion; RO=Romania;
RS=Serbia; RU=Russia; RW=Rwanda; SA=Saudi Arabia; SB=Solomon Islands; SC=Seychelles; SD=Sudan; SE=Sweden; SG=Singapore;
SH=St. Helena; SI=Slovenia; SJ=Svalbard and Jan Mayen Islands; SK=Slovakia; SL=Sierra Leone; SM=San Marino; SN=Sénégal;
SO=Somalia; SR=Suriname; ST=São Tomé and Príncipe; SV=El Salvador; SY=Syria; SZ=Swaziland; TC=Turks and Caicos Islands;
TD=Chad; TG=Togo; TH=Thailand; TJ=Tajikistan; TL=East Timor; TM=Turkmenistan; TN=Tunisia; TR=Turkey; TT=Trinidad and
Tobago; TV=Tuvalu; TW=Taiwan; TZ=Tanzania; UA=Ukraine; UG=Uganda; US=United States; UY=Uruguay; UZ=Uzbekistan;
VA=Vatican; VC=St. Vincent and the Grenadines; VE=Venezuela; VI=Virgin Islands; VN=Vietnam; VU=Vanuatu; WF=Wallis and
Futuna Islands; WS=Western Samoa; YE=Yemen; YT=Mayotte; ZA=South Africa; ZM=Zambia; ZW=Zimbabwe
"""

COUNTRY_NAMES = {code: name for code, _, name in (pair.partition("=") for pair in " ".join(_NAMES.split()).split("; "))}
"""InvoiceXpress's name of a country by its ISO 3166 code of two letters."""
PORTUGAL = "PT"
OTHER_CODES = {"UK": "GB", "XI": "GB", "EL": "GR"}
"""Codes that people and tax numbers write where ISO has another."""


def iso_country(code: str | None) -> str | None:
    """The ISO 3166 code that `code` (two letters) means; None where nothing was said."""
    return OTHER_CODES.get(code, code) if code else None
