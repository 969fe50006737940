"""Words that firms are called by: trades, things, places, people. Data only.

Two different words from here are two words, not one word and its misspelling ("Bank", "Tank"). Written for this
project.
"""

from matching.words import GENERIC_WORDS

_TRADES = """
academics accessories accountancy accounting acoustics acupuncture advertising advisors aerospace agriculture air
aircraft alarm alloys aluminium aluminum ambulance analytics animal antiques apparel appliance appliances appraisal
aquatics arbor architect architectural archives art arts asphalt assembly assurance athletics attorney auction audio
audit aviation awning bags baker bakers ballet bankers banking banks barbecue barber barbers baseball basketball bath
bearings beauty bedding beef beer behavioral beverage beverages bicycle bikes billing biotech blasting blinds block
boat boats body boiler bolt book bookkeeping books boots bottling bowling box brake brass brewery brewing brick bricks
bridge broker brokerage brokers builder building burger burgers bus business butcher cabinet cabinets cabling camera
campground candle candy canvas car carbon card cardiology cards care cargo carpentry carpet carpets carrier carriers
cars cartage casino casting castings caterers catering cattle ceiling cellars cement cemetery ceramic ceramics charter
charters chauffeur cheese chemical chemicals chemistry chicken child childcare children chimney chocolate cider cinema
cinemas civil cleaners cleaning clinical clock clocks clothing coach coaches coaching coal coating coatings cobbler
coin cold collection collections college columns combustion comfort commerce commercial communications community
component components composites compressor computer computers computing concrete conditioning confectionery
conservation consultant consultants consulting container containers contractor controls conveyor copier copper copying
cosmetic cosmetics costume costumes cottage cotton counseling counselling courier couriers court crane cranes creamery
cremation crop cruise cruises crushing culinary curtain custom cutlery cutting cycle cycles cycling dairy dance day
daycare debt deck decking decor decorating decorators delivery demolition denim dental dentist dentistry dentists
depot dermatology design designers designs detail detailing developers development diagnostics dialysis diesel digital
diner dining dinner display distillery distributing distribution distributors diving docks dog dogs door doors
drafting drainage drama dredging drilling drink drive driving drone drug drugs dry dyeing economics education
educational egg eggs elevator elevators embroidery emergency employment endodontics endoscopy energy engine engineers
engines engraving entertainment environmental equine equipment equity escrow espresso estate estates estimating events
excavating excavation exhaust exhibit exhibits expedition export exports express exterior exteriors extrusion eye
eyecare eyewear fabric fabrication fabricators fabrics factory fashion fashions fastener fasteners feed fence fencing
ferry fertility fertilizer fiber fibre field film films filter filters finance finishing firearms fireplace fireworks
fish fisheries fishing fittings fixtures flag flags fleet flight flooring floors floral florist florists flour flower
flowers foam foil foods football footwear forest forestry forge forging forwarding foundry framing freight fruit
fruits fuel fuels fund funding funds funeral fur furnace furnishings furniture fusion gallery game games gaming garage
garden gardens garment gas gaskets gear gears gem gems genetics geology gifts glass glazing gold golf gourmet grain
granite graphics gravel greenhouse grille grinding groceries grocers growers guard guards guitar gun gutter gutters
gym gymnastics hair hardware hardwood harvest hat haulage hauling hay hearing heat heater helicopter herbs hobby
hockey holiday homecare honey horse horses horticulture hose hosiery hospice hospitals hosting hotels house houses
housing hunting hvac hydraulics hygiene ice imaging implants import imports inflatables infusion ink inks inspection
inspections installation instruments insulation insurers integration interior interiors investigations investment
investors iron irrigation jewelers jewellers jewellery jewelry joinery judo juice karate kayak kennel kennels kitchen
kitchens knife knitting label labels labor ladder land landscape landscapes landscaping lane lanes language laser
laundry lawn lawncare leasing leather legacy lending lens library license licensing lighting lights lime limo
limousine linen lines literacy livestock loan loans lobster lock locks locksmith lodge lounge lubricants lumber lunch
lung machine machinery machining magazine magic mail maintenance mall manor map marble marina marine maritime markets
martial masonry massage materials maternity mattress meals meat meats mechanic mechanical mechanics mediation medicine
memorial metal metals metrology microscopy midwifery milk mill milling mills millwork mineral minerals mini mining
mission mobile mobility model models modular mold molding monitoring monument mortgage mosaic mosque motel motion
motor motorcycle motorcycles moulding movers moving mower mowers mulch museum music musical nail nails natural neon
neurology neurosurgery news nonwovens notary nursery nursing nut nutrition nuts obstetrics occupational oil oils
oncology optic optical optician optics optometry oral orchard orchards orchestra organic organics ornamental
orthopaedics orthopedic orthopedics outdoor outdoors outfitters oven oxygen oyster pack packaging packers packing
paddle paging paint painters painting paints pallet pallets pantry paper papers paralegal parcel parenting parish park
parking parks parts party pasta pastry patio patrol paving pawn payments payroll pediatric pediatrics pensions
performance perfume periodontics permit pest pet petroleum pets pharma pharmaceuticals pharmacies phone phones photo
photography physiotherapy piano picture pie pipe pipeline pipes piping pita pizzeria planning plans plant plants
plaster plastering plastic plastics plating play playground plumbers podiatric podiatry police polish polymer polymers
pond pool pools porcelain pork port portrait portraits postal poster pottery poultry powder power precast precision
pregnancy preschool press pressure primary print printers printing prints probate process processing produce producers
production productions promotions property prosthetics protection provisions psychiatry psychology public publications
publishers publishing pump pumps puppet quarry quilt racing rack radio radiology rail railing railroad railway ranch
ranches real realtor realtors records recovery recruiting recruitment recycling redevelopment refinery refrigeration
refuse rehab rehabilitation relocation remodeling rendering renovation renovations rental repair repairs rescue
research residence residential resort resorts resource resources restoration retail retirement retreat rice riding
rigging rink river riviera road robotics rock rod roof roofers roofing room rope rubber rug rugs rv saddlery safety
sail sailing sales salmon salt salvage sand sandwich sandwiches sanitation satellite sauna sausage savings sawmill
scaffolding scale scales schools science sciences scientific scooter scrap screen screens seafood seal seals seating
secondary securities security seed seeds self semiconductor septic sewer sewing sharpening sheet sheets shipping ships
shipyard shoe shoes shooting shops shutters siding sign signage signals signs silk silver skate skating ski skiing
skin sleep smile smiles smoke snacks snow soap soccer social software soil solar solicitors sound soup spas
specialists specialties speech spice spices spine spirits sport sporting sports spray sprinkler stables staffing stage
stair stairs stamp stamps station stationery statistics steak steakhouse steel stitching stone stoneworks stores stove
stoves strategies strategy street structural structures sugar suites sunglasses supermarket supplements supplies surf
surface surgeons surgical surveying surveyors surveys sushi swimming tack tackle tailor tailors takeaway talent tank
tanks tanning tap tape tattoo tavern tax taxi taxidermy teaching technical telecom telephone television tents terminal
testing textile textiles theater theatre theatres therapeutics tile tiles tiling timber time tire tires tobacco tool
tooling tools tour tourism tours tower towers towing toy toys track tractor trade traders trading trailer trailers
training trains transit translation transmission transportation trash travel treats tree trees trial trophies tropical
trout truck trucks trust tubes tubing tuning turbine turf tutoring tyre tyres underwriters uniforms upholstery urgent
urology used utilities utility vacuum valve valves van vans vascular vault vegetable vehicle vehicles vending
ventilation ventures vet vets video village vineyard vineyards vinyl vision vitamins vocational voice volleyball
wallpaper warehouse warehousing waste watch watches water waterproofing wave wax wear weather web wedding weddings
welding well wellness wells wheel wheels wholesale wigs wildlife wind window windows wine winery wines wire wireless
wood woods woodwork woodworking wool workshop workwear wrestling writing yacht yachts yarn yoga youth zoo
"""
_THINGS = """
acorn advanced adventure alliance allied alpha alpine amber anchor angel antler apex apple applied arch arctic arrow
ash aspect aspen associated aster atlas aurora autumn avenue axiom badger bamboo banner barn basin bay bayou beach
beacon bear beaver bell birch bird bishop bison black blossom blue bluff bold bond border boulder branch brass brave
breeze bright brilliant bronze brook brown buck bud buffalo bull butte cabin cactus camp canal candle canyon cape
capitol cardinal carrot cascade castle cat cave cedar century chapel charm cherry chief circle citadel classic clay
clear cliff cloud clover coast cobalt colony comet common compass complete condor consolidated continental copper
coral core corner cottonwood cougar country cove coyote craft creative creek crescent crest crossing crow crown
crystal current cyan cypress daisy dawn deer delta desert diamond direct discovery diversified dolphin dove dragon
dream dune dusk dynamic eagle earth east eastern easy echo eclipse economy edge efficient egret elite elk elm ember
emerald emperor empire enterprise epic equinox essential eternal evergreen excel executive expert fair faith falcon
family fast federal fern field fire first flame flat flint forest fort fortune forward fountain fox freedom fresh
friendly frontier frost galaxy gate gateway gem general genesis gentle giant glen global globe golden good goose grand
grape gray great green grey grove guardian gulf gull happy harbor harbour hawk hazel healthy heart hearth hedge
heritage hero heron hickory high highland hill hills hope horizon hub icon ideal imperial independent indigo
industrial infinity inland inlet innovative inspire integrated inter interstate iris island ivory ivy jade jaguar
jasmine jewel journey jubilee junction juniper key keystone king kingdom kings knight lagoon lake lakes lantern lark
laurel lavender leading leaf legend lemon liberty light lighthouse lily limited lion little lotus lucky luna lynx
magnolia major maple marigold market marsh master meadow mega mercury meridian mesa metro mid midland midnight midwest
milestone military mint mirror mist mobile modern momentum monarch moon moose morning moss mountain multi mustang
mutual native navigator nest new night noble north northern northstar nova oak oaks oasis ocean old olive olympic onyx
opal optimum orange orbit orchid origin original osprey otter outlook owl pacific palace palm panther paradise paragon
park pathway peach peacock peak pearl pelican penguin peninsula perfect personal phoenix pier pilot pine pines
pinnacle pioneer planet plaza plum plus point polar ponderosa poplar popular practical prairie preferred premier
prestige pride prime prism private pro professional progress prosper puffin purple quail quality quartz queen quest
quick quiet rabbit rain rainbow range rapid raven red reef regional reliable reliance renaissance response ridge
rising rivers robin rocket rocky root rose royal ruby rustic sable safe sage sail saint salem sapphire savanna scarlet
sea seal select senior sequoia serene seven shadow shamrock sharp shepherd shield shore sierra sigma signature silk
simple single six sky small smart solid south southern southwest spark sparrow special spectrum spirit splash spring
springs sprout spruce square stag stallion standard star starlight state sterling stonewall storm strategic stream
strong summer summit sun sunny sunrise sunset sunshine super superior sure surge swan swift sycamore synergy team
tempo terra terrace thistle thunder tide tiger titan topaz torch total trail tranquil treasure tri trident trinity
triple triumph true trusted tulip tundra turtle twin two ultra union unique united unity universal upland upper urban
valley valor value vanguard vantage vega venture verde vertical victor victory view viking villa vine violet virtue
vista vital vivid walnut warrior wellspring west western whale wheat whisper white wide wild wildflower willow winter
wise wolf wonder world wren yellow zenith zephyr
"""
_PEOPLE = """
abbott adams adler aguilar ahmed alexander ali allen alvarez andersen anderson andrews anthony armstrong arnold ashley
atkins austin bailey baker baldwin ball banks barber barker barnes barnett barrett barry bates beck becker bell
bennett benson berg berger bernard berry bird bishop black blair blake bowen bowman boyd bradley brady brennan brewer
briggs brooks brown bruce bryan bryant burke burnett burns burton bush butler byrd caldwell campbell cannon carey
carlson carpenter carr carroll carson carter carver casey castillo castro chambers chan chandler chang chapman charles
chavez chen chong christensen clark clarke clayton cohen cole coleman collins connor conrad contreras cook cooper
cortez cox craig crawford cross cruz cunningham curry curtis dalton daly daniel daniels davidson davies davis dawson
day dean delgado dennis diaz dixon donald donovan dougherty douglas doyle drake duffy duncan dunn duran edwards
elliott ellis emerson erickson estrada evans ferguson fernandez ferris fields finch fischer fisher fitzgerald fleming
fletcher flores flowers floyd foley ford foster fowler fox francis frank franklin frazier freeman french fuller
gallagher garcia gardner garner garrett garza george gibson gilbert gomez gonzales gonzalez goodman goodwin gordon
graham grant graves gray greene gregory griffin griffith gross guerrero gupta gutierrez guzman haas hale hall hamilton
hammond hampton hansen hanson hardy harper harrington harris harrison hart hartman harvey hawkins hayes haynes
henderson henry hernandez herrera hicks higgins hill hines hodge hoffman hogan holland holloway holmes holt hopkins
horton houston howard howell hubbard hudson huff hughes hunt hunter ingram jackson jacobs james jefferson jenkins
jennings jensen jimenez johns johnson johnston jones jordan joseph joyce kane kelley kelly kennedy kent kerr khan kim
king klein knight kramer lambert lane lang larson lawrence lawson leary leblanc lee leonard lewis lin lindsey lloyd
logan long lopez love lowe lucas luna lynch lyons mack madison maldonado malone mann manning marsh marshall martin
martinez mason matthews maxwell may mccarthy mccoy mcdaniel mcdonald mcgee mcguire mckenzie mckinney medina mehta
mendez mendoza meyer meyers miles miller mills mitchell molina monroe montgomery moody moore morales moran moreno
morgan morris morrison morton moss mueller mullen munoz murphy murray myers nash nelson newman newton nguyen nichols
nielsen noble nolan norman norris norton nunez obrien oconnor odonnell olsen olson oneill ortega ortiz osborne owen
owens padilla page palmer park parker parks parsons patel patterson patton paul payne pearson pena perez perkins perry
person peters petersen peterson phelps philips phillips pierce pope porter potter powell powers pratt preston price
quinn ramirez ramos ramsey randall ray reed reese reeves reid reyes reynolds rhodes rice richards richardson riley
rios rivera robbins robert roberts robertson robinson rodgers rodriguez rogers roman romero rose ross rossi rowe roy
ruiz russell russo ryan salazar sanchez sanders sandoval santiago santos saunders schmidt schneider schroeder schultz
schwartz scott sellers serrano sharp shaw shelton sherman short silva simmons simon simpson sims singh singleton
skinner smith smyth snyder soto sparks spencer stanley steele stein stephens stevens stevenson stewart stokes stone
strickland sullivan summers sutton swanson tate taylor terry thomas thompson thomson thornton todd torres townsend
tran tucker turner tyler underwood valdez vance vargas vasquez vaughn vega vincent vogel wade wagner walker wallace
walsh walter walters walton wang ward warner warren washington waters watkins watson watts weaver webb weber webster
weiss welch wells west wheeler white wilkins williams williamson willis wilson winters wise wolfe wong wood woodard
woods wright wu wyatt yang yates york young zimmerman
"""
_PLACES = """
africa alabama alaska albany alberta allentown amsterdam arizona arkansas asia athens atlanta atlantic augusta
australia bath belfast berkeley berlin birmingham boise boston brazil bristol britain britannia brooklyn brussels
buffalo burlington california cambridge canada canterbury carolina charleston charlotte chester chicago china
cincinnati cleveland colorado columbia columbus connecticut cornwall coventry dakota dallas dayton delaware denver
detroit devon dover dresden dublin durham edinburgh england essex europe european exeter fairfield fairview florida
france frankfurt fresno geneva georgia germany glasgow greenville greenwich hamburg hampshire harrisburg hartford
hawaii helena houston idaho illinois india indiana iowa ireland italy jacksonville jamaica japan jersey kansas kent
kentucky korea lakeland lakeview lakewood lancaster leeds leicester lexington lincoln lisbon liverpool london
louisiana louisville madrid maine malta manchester manhattan maryland massachusetts melbourne memphis mexico miami
michigan milan milwaukee minneapolis minnesota mississippi missouri mobile montana montreal munich naples nashville
nebraska netherlands nevada newark newcastle newport norfolk norway nottingham oakland ohio oklahoma omaha ontario
oregon orlando oslo ottawa oxford paris pennsylvania perth philadelphia phoenix pittsburgh plymouth poland portland
portsmouth portugal prague princeton providence quebec queens reading rhode richmond riverdale riverside rochester
rome rotterdam sacramento salem salisbury savannah scotland seattle sheffield somerset southampton spain spokane
springfield stafford stockholm suffolk surrey sussex sweden sydney syracuse tampa tennessee texas toledo toronto
trenton troy tucson tulsa utah vancouver venice vermont victoria vienna virginia wales warwick wellington westminster
wichita winchester windsor wisconsin worcester wyoming yorkshire zurich
"""

TRADES = frozenset(_TRADES.split())
REAL_WORDS = GENERIC_WORDS | TRADES | frozenset(f"{_THINGS} {_PEOPLE} {_PLACES}".split())
