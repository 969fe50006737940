"""Words of which the long passwords in published breaches are made; a password of nothing but these is refused."""

from __future__ import annotations

_WORDS = """
password passwort motdepasse contrasena senha passw0rd pass word admin administrator root login user guest
test qwerty qwertyuiop qwertz azerty asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc edcrfv qweasd qweasdzxc
qwer asdf zxcv 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz 2wsx 3edc zaq12wsx q1w2e3r4 q1w2e3r4t5 a1b2c3d4
1a2b3c4d abc abcd abc123 abcdef welcome letmein changeme default secret hello iloveyou love sunshine princess
dragon monkey football baseball basketball soccer hockey superman batman spiderman starwars pokemon michael
jordan jennifer jessica ashley daniel charlie thomas andrew joshua matthew robert nicole hunter master killer
shadow ninja mustang computer internet samsung google facebook microsoft windows office apple linkedin myspace
company business corporate service support summer winter spring autumn january february march april june july
august september october november december monday friday sunday london america canada germany chelsea
liverpool arsenal barcelona juventus freedom whatever trustno forever family flower cookie cheese butterfly
purple orange yellow banana chocolate pepper ginger buster tigger correct horse battery staple msp rcx billing
invoice connectwise autotask halo datto kaseya
"""

COMMON_WORDS = frozenset(_WORDS.split())
