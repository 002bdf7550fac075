// The page's language: Chinese first, English one click away. Every text stands
// in the two dictionaries beside this file; a check keeps them equal.
import en from './en.json'
import zh from './zh.json'

export type Key = keyof typeof zh
export type Language = 'zh' | 'en'

/** One text of the box in its two languages. */
export interface Words {
  zh: string
  en: string
}

const kept = 'watchbox-language'
const remembered = (): Language | null => {
  try {
    const l = localStorage.getItem(kept)
    return l === 'zh' || l === 'en' ? l : null
  } catch {
    return null
  }
}

class Tongue {
  language = $state<Language>(remembered() ?? 'zh')

  /** The box's own default holds until the visitor chooses. */
  suggest(l: string) {
    if (!remembered() && (l === 'zh' || l === 'en')) this.language = l
  }

  choose(l: Language) {
    this.language = l
    try {
      localStorage.setItem(kept, l)
    } catch {
      // a browser without storage forgets the choice
    }
  }
}

export const tongue = new Tongue()

/** The text of the key, with {name} filled in. */
export function t(key: Key, fill: Record<string, string | number> = {}): string {
  const text = (tongue.language === 'en' ? en : zh)[key]
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(fill[name] ?? ''))
}

/** A text of a family of keys, such as "reason.timeout"; what is unknown is shown as it is. */
export function named(family: string, name: string): string {
  const all: Record<string, string> = tongue.language === 'en' ? en : zh
  return all[family + '.' + name] ?? name
}

/** A text that the box sent, in the page's language or the other one. */
export function say(w: Words | undefined, otherwise = ''): string {
  if (!w) return otherwise
  return (tongue.language === 'en' ? w.en || w.zh : w.zh || w.en) || otherwise
}

/** "12 seconds ago" */
export function ago(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds))
  if (s < 3) return t('age.now')
  return t('age.ago', { span: span(s) })
}

/** "12 s", "3 min", "2 h", "5 d" */
export function span(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds))
  if (s < 60) return t('age.seconds', { n: s })
  if (s < 3600) return t('age.minutes', { n: Math.floor(s / 60) })
  if (s < 48 * 3600) return t('age.hours', { n: Math.floor(s / 3600) })
  return t('age.days', { n: Math.floor(s / 86400) })
}
