// How values and times are written.
import { named, say, tongue } from '../words/words.svelte'
import type { Device, Point, Reading, Value } from './types'

const two = (n: number) => String(n).padStart(2, '0')

/** The number or text of a reading, without its unit. */
export function shown(p: Point | undefined, v: Value): string {
  if (v === null || v === undefined) return '—'
  const state = p?.states?.[String(Number(v))]
  if (p && p.kind !== 'real' && typeof v !== 'string' && state) return say(state)
  if (typeof v === 'number') {
    if (lasting(p, v)) return `${Math.floor(v / 3600)}:${two(Math.floor(v / 60) % 60)}`
    if (p?.kind === 'real') return v.toFixed(p.decimals)
    return v.toLocaleString('en-US')
  }
  if (typeof v === 'boolean') return v ? '●' : '○'
  return v
}

/** A time of more than two minutes is read in hours and minutes, not in seconds. */
const lasting = (p: Point | undefined, v: Value): boolean => p?.unit === 's' && typeof v === 'number' && v >= 120

/** The unit that goes with what shown wrote. */
export const unitOf = (p: Point | undefined, v: Value): string => (v === null || v === undefined ? '' : lasting(p, v) ? 'h' : (p?.unit ?? ''))

/** A reading with its unit, for a sentence; a dash where it is not good. */
export function withUnit(p: Point | undefined, r: Reading | undefined): string {
  if (r?.quality !== 'good') return '—'
  return [shown(p, r.value), unitOf(p, r.value)].filter(Boolean).join(' ')
}

/** True when the value is a state with a text, not a number with a unit. */
export const isState = (p: Point | undefined): boolean => !!p && (p.kind === 'bool' || p.kind === 'text' || !!p.states)

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

/** The point's name; with the device's name before it unless it says that itself. */
export function pointLabel(p: Point | undefined, name: string, device?: Device): string {
  const label = say(p?.label, name)
  const owner = say(device?.label)
  return !owner || label.includes(owner) ? label : `${owner} · ${label}`
}

/** The seconds since a reading's value was true; null when there never was one. */
export const ageOf = (r: { since: number } | undefined, now: number): number | null => (r?.since ? Math.max(0, (now - r.since) / 1000) : null)

/** Why a reading is not good, in words; empty when it is. */
export function whyNot(r: Reading | undefined): string {
  if (!r) return named('quality', 'unknown')
  if (r.quality === 'good') return ''
  return r.reason ? named('reason', r.reason) : named('quality', r.quality)
}
