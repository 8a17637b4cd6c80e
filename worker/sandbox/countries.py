"""The countries InvoiceXpress knows, by the only names it knows them by (reference 2.6, the vendor's list)."""

_NAMES = """
Afghanistan; Albania; Algeria; American Samoa; Andorra; Angola; Anguilla; Antigua and Barbuda; Argentina;
Armenia; Aruba; Australia; Austria; Azerbaijan; Bahamas; Bahrain; Bangladesh; Barbados; Belarus; Belgium;
Belize; Benin; Bermuda; Bhutan; Bolivia; Bosnia-Herzegovina; Botswana; Brazil; British Indian Ocean
Territory; Brunei; Bulgaria; Burkina Faso; Burma; Burundi; Cambodia; Cameroon; Canada; Canton and Enderbury
Islands; Cape Verde; Cayman Islands; Central African Republic; Chad; Chile; China; Christmas Island; Cocos
(Keeling) Islands; Colombia; Comoros; Congo; Congo, Democratic Republic; Cook Islands; Costa Rica; Croatia;
Cuba; Curaçao; Cyprus; Czech Republic; Côte d’Ivoire; Denmark; Djibouti; Dominica; Dominican Republic;
Dronning Maud Land; East Timor; Ecuador; Egypt; El Salvador; Equatorial Guinea; Eritrea; Estonia; Ethiopia;
Faeroe Islands (Føroyar); Falkland Islands; Fiji; Finland; France; French Guiana; French Polynesia; Gabon;
Gambia; Georgia; Germany; Ghana; Gibraltar; Great Britain; Greece; Greenland; Grenada; Guadeloupe; Guam;
Guatemala; Guernsey; Guinea; Guinea-Bissau; Guyana; Haiti; Heard and McDonald Islands; Honduras; Hong Kong;
Hungary; Iceland; India; Indonesia; International Monetary Fund; Iran; Iraq; Ireland; Isle of Man; Israel;
Italy; Ivory Coast; Jamaica; Japan; Jersey; Johnston Island; Jordan; Kampuchea; Kazakhstan; Kenya; Kiribati;
Korea, North; Korea, South; Kuwait; Kyrgyzstan; Laos; Latvia; Lebanon; Lesotho; Liberia; Libya;
Liechtenstein; Lithuania; Luxembourg; Macau; Macedonia (Former Yug. Rep.); Madagascar; Malawi; Malaysia;
Maldives; Mali; Malta; Marshall Islands; Martinique; Mauritania; Mauritius; Mayotte; Mexico; Micronesia;
Midway Islands; Moldova; Monaco; Mongolia; Montenegro; Montserrat; Morocco; Mozambique; Myanmar; Namibia;
Nauru; Nepal; Netherlands; Netherlands Antilles; New Caledonia; New Zealand; Nicaragua; Niger; Nigeria;
Niue; Norfolk Island; Northern Mariana Islands; Norway; Oman; Pakistan; Palau; Palestine; Panama; Papua New
Guinea; Paraguay; Peru; Philippines; Pitcairn Island; Poland; Portugal; Puerto Rico; Qatar; Reunion;
Romania; Russia; Rwanda; Samoa (America); Samoa (Western); San Marino; Saudi Arabia; Serbia; Seychelles;
Sierra Leone; Singapore; Slovakia; Slovenia; Solomon Islands; Somalia; South Africa; Spain; Sri Lanka; St.
Helena; St. Kitts and Nevis; St. Lucia; St. Vincent and the Grenadines; Sudan; Suriname; Svalbard and Jan
Mayen Islands; Swaziland; Sweden; Switzerland; Syria; São Tomé and Príncipe; Sénégal; Tahiti; Taiwan;
Tajikistan; Tanzania; Thailand; Timor-Leste; Togo; Trinidad and Tobago; Tunisia; Turkey; Turkmenistan; Turks
and Caicos Islands; Tuvalu; UK; Uganda; Ukraine; United Arab Emirates; United States; Upper Volta; Uruguay;
Uzbekistan; Vanuatu; Vatican; Venezuela; Vietnam; Virgin Islands; Wake Island; Wallis and Futuna Islands;
Western Sahara; Western Samoa; Yemen; Zambia; Zaïre; Zimbabwe
"""

COUNTRIES = frozenset(" ".join(_NAMES.split()).split("; "))
