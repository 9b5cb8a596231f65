/** A line for each word: its base form, and the forms of it that a stemmer does not reduce to the same stem. */
const table = `
arise arose arisen
awake awoke awoken
become became
begin began begun
bend bent
bite bitten
bleed bled
blow blew blown
break broke broken
breed bred
bring brought
build built
burn burnt
buy bought
catch caught
choose chose chosen
cling clung
come came
creep crept
cry cries cried
deal dealt
die died dies dying
dig dug
do done
draw drew drawn
dream dreamt
drink drank drunk
drive drove driven
dry dries dried
eat ate eaten
fall fell fallen
feed fed
feel felt
fight fought
find found
flee fled
fling flung
fly flies flew flown
forbid forbade forbidden
forget forgot forgotten
forgive forgave forgiven
foresee foresaw foreseen
freeze froze frozen
fry fries fried
get got gotten
give gave given
go goes went gone
grow grew grown
hang hung
hear heard
hide hid hidden
hold held
keep kept
kneel knelt
know knew known
lay laid
lead led
lean leant
leap leapt
learn learnt
leave left
lend lent
lie lied lies lying lain
light lit
lose lost
make made
mean meant
meet met
mistake mistook mistaken
outgrow outgrew outgrown
overcome overcame
overhear overheard
oversee oversaw overseen
overtake overtook overtaken
pay paid
pry pries pried
prove proven
rebuild rebuilt
redo redone redid
repay repaid
resell resold
retell retold
rethink rethought
rewrite rewrote rewritten
ride rode ridden
ring rang rung
rise risen
run ran
say said
see saw seen
seek sought
sell sold
send sent
sew sewn
shake shook shaken
shine shone
shoot shot shots
show shown
shrink shrank shrunk
sing sang sung
sink sank sunk
sit sat
sleep slept
slide slid
smell smelt
sneak snuck
speak spoke spoken
speed sped
spell spelt
spend spent
spill spilt
spin spun
spit spat
spoil spoilt
spring sprang sprung
spy spies spied
stand stood
steal stole stolen
stick stuck
sting stung
stink stank stunk
strike struck stricken
string strung
strive strove striven
swear swore sworn
sweep swept
swell swollen
swim swam swum
swing swung
take took taken
teach taught
tear tore torn
tell told
think thought thoughts
throw threw thrown
tie ties tied tying
try tries tried
undergo underwent undergone
understand understood
undertake undertook undertaken
undo undone undid
uphold upheld
wake woke woken
wear wore worn
weave wove woven
weep wept
win won
withdraw withdrew withdrawn
withhold withheld
withstand withstood
wring wrung
write wrote written

alumnus alumni
analysis analyses
appendix appendices
bacterium bacteria
bonus bonuses
bus buses busses
campus campuses
cactus cacti
calf calves
child children
corpus corpora
crisis crises
criterion criteria
curriculum curricula
diagnosis diagnoses
elf elves
emphasis emphases
focus foci focuses
foot feet
fungus fungi
gas gases gasses
genus genera
goose geese
half halves
hoof hooves
hypothesis hypotheses
index indices
knife knives
lens lenses
loaf loaves
louse lice
man men
matrix matrices
memorandum memoranda
mouse mice
nucleus nuclei
oasis oases
ox oxen
parenthesis parentheses
pie pies
phenomenon phenomena
quiz quizzes
radius radii
scarf scarves
self selves
shelf shelves
sky skies
spectrum spectra
stimulus stimuli
stratum strata
status statuses
syllabus syllabi
symposium symposia
synthesis syntheses
thesis theses
thief thieves
tooth teeth
vertex vertices
virus viruses
vortex vortices
wharf wharves
wife wives
wolf wolves
woman women

bad worse worst
`

const read = (): ReadonlyMap<string, string> =>
  new Map(
    table
      .trim()
      .split("\n")
      .flatMap((line) => {
        const [base = "", ...forms] = line.split(" ")
        return forms.map((form) => [form, base] as const)
      })
  )

let baseForms: ReadonlyMap<string, string> | undefined

/** The base form of an English word whose form is irregular ("went" is "go"); any other word is returned as it is. */
export const baseFormOf = (word: string): string => {
  baseForms ??= read()
  return baseForms.get(word) ?? word
}
