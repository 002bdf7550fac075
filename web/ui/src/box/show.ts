// How values and times are written.
import { say, tongue } from '../words/words.svelte'
import type { Point, Value } from './types'

/** The number or text of a reading, without its unit. */
export function shown(p: Point | undefined, v: Value): string {
  if (v === null || v === undefined) return '—'
  const state = p?.states?.[String(Number(v))]
  if (p && p.kind !== 'real' && typeof v !== 'string' && state) return say(state)
  if (typeof v === 'number') {
    if (p?.kind === 'real') return v.toFixed(p.decimals)
    return v.toLocaleString('en-US')
  }
  if (typeof v === 'boolean') return v ? '●' : '○'
  return v
}

/** True when the value is a state with a text, not a number with a unit. */
export const isState = (p: Point | undefined): boolean => !!p && (p.kind === 'bool' || p.kind === 'text' || !!p.states)

const two = (n: number) => String(n).padStart(2, '0')

/** 14:03:22, with the day before it unless it is today. */
export function clock(at: string | number | undefined, always = false): string {
  if (!at) return '—'
  const d = new Date(at)
  const time = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
  if (!always && d.toDateString() === new Date().toDateString()) return time
  return `${day(d)} ${time}`
}

export function day(d: Date): string {
  return tongue.language === 'en' ? `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}` : `${d.getFullYear()} 年 ${d.getMonth() + 1} 月 ${d.getDate()} 日`
}

/** The short name of a point on a card that already names the device. */
export const pointLabel = (p: Point | undefined, name: string): string => say(p?.label, name)
