// Holds the two dictionaries equal, and the views against them: same keys, same
// fillings, no text of a view outside the dictionaries, no key that nobody uses.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const at = new URL('..', import.meta.url).pathname
const read = (f) => readFileSync(join(at, f), 'utf8')
const zh = JSON.parse(read('src/words/zh.json'))
const en = JSON.parse(read('src/words/en.json'))
const wrong = []

for (const k of new Set([...Object.keys(zh), ...Object.keys(en)])) {
  if (!(k in zh) || !(k in en)) wrong.push(`${k}: only in one language`)
  else if (!zh[k].trim() || !en[k].trim()) wrong.push(`${k}: empty`)
  else if (fills(zh[k]) !== fills(en[k])) wrong.push(`${k}: other fillings in English`)
}
if (Object.keys(zh).join() !== Object.keys(en).join()) wrong.push('the dictionaries are not in the same order')

function fills(text) {
  return (text.match(/\{\w+\}/g) ?? []).sort().join()
}

const sources = readdirSync(join(at, 'src'), { recursive: true }).filter((f) => /\.(svelte|ts)$/.test(f))
const families = new Set()
const used = new Set()
for (const f of sources) {
  const text = read(join('src', f))
  for (const m of text.matchAll(/named\('([\w.]+)'/g)) families.add(m[1])
  for (const m of text.matchAll(/'([a-z]+(?:\.[\w-]+)+|product|tagline)'/g)) used.add(m[1])
  if (/[\u4e00-\u9fff]/.test(text.replace(/^\s*\/\/.*$/gm, '')) && !/box\/(api|show)\.ts$/.test(f)) wrong.push(`${f}: Chinese text outside the dictionary`)
}
for (const k of Object.keys(zh)) {
  if (!used.has(k) && ![...families].some((f) => k.startsWith(f + '.'))) wrong.push(`${k}: nobody uses it`)
}

if (wrong.length) {
  console.error(wrong.join('\n'))
  process.exit(1)
}
console.log(`words: ${Object.keys(zh).length} texts, equal in both languages`)
