// Measures what a browser loads before first use and looks for language and
// library features that a Chromium 90 does not have.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const budget = 150 * 1024
const page = new URL('../../page', import.meta.url).pathname
if (!existsSync(join(page, 'index.html'))) {
  console.error('web/page holds no built page: run `npm run build` first')
  process.exit(1)
}
const index = readFileSync(join(page, 'index.html'), 'utf8')
const loaded = [...index.matchAll(/<(?:script|link)\b[^>]*(?:src|href)="\/([^"]+)"/g)].map((m) => m[1])
let size = gzipSync(index).length
for (const f of loaded) size += gzipSync(readFileSync(join(page, f))).length

const wrong = []
if (size > budget) wrong.push(`before first use: ${size} bytes compressed, budget ${budget}`)
if (/https?:\/\//.test(index)) wrong.push('index.html names another host')

// First Chromium with the feature stands behind each; all are above 90.
const young = [
  [/\.at\(-/, '.at() 92'], [/Object\.hasOwn\(/, 'Object.hasOwn 93'], [/structuredClone\(/, 'structuredClone 98'],
  [/\.findLast(?:Index)?\(/, 'findLast 97'], [/\.to(?:Sorted|Reversed|Spliced)\(/, 'toSorted 110'], [/\.groupBy\(/, 'groupBy 117'],
  [/randomUUID\(/, 'randomUUID 92'], [/AbortSignal\.(?:timeout|any)\(/, 'AbortSignal.timeout 103'], [/Promise\.withResolvers/, 'withResolvers 119'],
  [/static\s*\{/, 'static block 94'], [/\.replaceChildren\(\)\./, ''], [/Error\([^)]*\{cause/, 'error cause 93'],
]
const youngStyle = [
  [/:has\(/, ':has 105'], [/@container/, '@container 105'], [/color-mix\(/, 'color-mix 111'], [/@layer/, '@layer 99'],
  [/\b\d+(?:d|s|l)v[hw]\b/, 'dvh 108'], [/@media[^{]*(?:<=|>=|\d\s*<)/, 'media range 104'], [/(?:^|[;{])(?:translate|rotate|scale):/, 'translate 104'],
]
for (const f of readdirSync(join(page, 'assets'))) {
  const text = readFileSync(join(page, 'assets', f), 'utf8')
  for (const [pattern, name] of f.endsWith('.css') ? youngStyle : f.endsWith('.js') ? young : []) {
    if (name && pattern.test(text)) wrong.push(`${f}: ${name}`)
  }
  if (/url\(["']?https?:|@import\s+["']?https?:|fetch\(["'`]https?:/.test(text)) wrong.push(`${f}: asks another host`)
}

if (wrong.length) {
  console.error(wrong.join('\n'))
  process.exit(1)
}
console.log(`bundle: ${(size / 1024).toFixed(1)} KB compressed before first use (budget ${budget / 1024} KB)`)
