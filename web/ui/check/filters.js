// Holds the filters of the list of events against the journal: each type of
// firmware/event in exactly one filter, no filter with a type that nobody
// writes, none longer than the box answers.
import { readFileSync } from 'node:fs'

const read = (f) => readFileSync(new URL(f, import.meta.url), 'utf8')
const types = [...read('../../../firmware/event/type.go').matchAll(/^\s*\w+\s+Type\s*=\s*"([^"]+)"/gm)].map((m) => m[1])
const words = JSON.parse(read('../src/words/zh.json'))
const filters = JSON.parse(read('../src/views/filters.json'))
const most = Number(read('../../events.go').match(/len\(types\) == (\d+)/)?.[1])
const wrong = []

const listed = Object.values(filters).flat()
if (types.length < 50 || !most) wrong.push('firmware/event/type.go or web/events.go is written otherwise than this check reads it')
for (const t of types) {
  const times = listed.filter((l) => l === t).length
  if (times !== 1) wrong.push(`${t}: in ${times} filters of src/views/filters.json, want one`)
}
for (const t of listed) if (!types.includes(t)) wrong.push(`${t}: no type of firmware/event`)
for (const [name, of] of Object.entries(filters)) {
  if (!words[`events.${name}`]) wrong.push(`${name}: the dictionaries have no events.${name}`)
  if (of.length > most) wrong.push(`${name}: ${of.length} types, the box answers for ${most}`)
}

if (wrong.length) {
  console.error(wrong.join('\n'))
  process.exit(1)
}
console.log(`filters: ${types.length} types of events, each in one of ${Object.keys(filters).length}`)
