// What the API answers, as its OpenAPI document describes it.
import type { Words } from '../words/words.svelte'

export type Value = null | boolean | number | string
export type Role = 'viewer' | 'operator' | 'engineer' | 'administrator'

export interface Reading {
  name: string
  value: Value
  quality: 'good' | 'uncertain' | 'bad' | 'unknown'
  reason?: string
  at?: string
  goodAt?: string
  age: number
}

export interface Point extends Reading {
  device: string
  item: string
  label: Words
  kind: 'none' | 'bool' | 'integer' | 'count' | 'real' | 'text'
  unit?: string
  decimals: number
  states?: Record<string, Words>
  room?: string
  source?: string
  trust?: string
  writable?: boolean
  allowed?: Words
  clear?: 'auto' | 'manual' | 'dependent'
}

/** The first step of a write: what would change. */
export interface Selection {
  id: string
  label: Words
  from: Words
  known: boolean
  to: Words
  confirm?: Words
  until: string
}

export interface Command {
  id: string
  point: string
  state: 'issued' | 'reading' | 'done' | 'failed' | 'contradicts'
  from: Words
  to: Words
  actor: string
  reason?: string
  result?: Words
  at: { wall: string }
}

/** A value that a person has put in the place of what is read. */
export interface Simulation {
  point: string
  title: Words
  shown: Words
  read: Words
  good: boolean
  actor: string
  reason?: string
  until: { wall: string }
}

/** One line of the checklist of a handover. */
export interface CheckItem {
  key: string
  kind: 'zone' | 'door' | 'output' | 'point'
  label: Words
  room?: string
  entry?: { at: string; by: string; passed: boolean; how: 'real' | 'simulated' | 'unseen'; saw?: Sight[]; remark?: string; photo?: string }
  test?: { by: string; since: string; saw?: Sight[] }
}

export interface Sight {
  at: string
  text: Words
  simulated?: boolean
}

export interface Checklist {
  items: CheckItem[]
  passed: number
  failed: number
  open: number
}

export interface Unit {
  id: string
  label: Words
  point: string
  state: 'on' | 'off' | 'unknown'
  onDuty: boolean
  hand?: boolean
  by?: string
  failed?: boolean
  faulty?: Words
  ordered?: '' | 'start' | 'stop'
  hours: number
}

export interface Team {
  id: string
  label: Words
  room?: string
  duty: number
  needed: number
  assist?: boolean
  blackout?: boolean
  short?: boolean
  nextRotation?: string
  why?: Words
  units: Unit[]
}

export interface Alarm {
  key: string
  label: Words
  text: Words
  instruction?: Words
  room?: string
  point?: string
  priority: number
  class: string
  occurrence?: string
  active: boolean
  acknowledged: boolean
  silenced: boolean
  latched: boolean
  standing: boolean
  guarded?: boolean
  raised?: string
  age: number
  ackedBy?: string
  ackComment?: string
  shelved?: string
  shelvedBy?: string
  outOfService?: boolean
  count: number
  value?: string
  valueText?: Words
  now?: Words
  asset?: { number?: string; model?: string; phone?: string }
  suppressed?: string
  suppressedBy?: Words
  firstOut?: boolean
  chattering?: boolean
  flaps?: number
  removedUntil?: string
  removedBy?: string
  quiet?: boolean
  old?: boolean
}

/** One change of mind of the alarm engine. */
export interface Decision {
  at: { wall: string }
  verdict: string
  text: Words
  inputs?: { point: string; value: string }[]
  skipped?: number
}

export interface Device {
  id: string
  label: Words
  room?: string
  driver: string
  map?: string
  model?: Words
  trust?: Words
  source?: string
  template?: boolean
  brief?: Words
  ok: boolean
  reason?: Words
  error?: string
  lastGood?: string
  polls: number
  failures: number
}

export interface Zone {
  id: string
  label: Words
  type: string
  room?: string
  partition?: string
  state: string
  bypassed?: boolean
  trips?: number
  walk?: '' | 'waiting' | 'seen'
}

export interface Partition {
  id: string
  label: Words
  mode: 'disarmed' | 'exit-delay' | 'armed' | 'entry-delay'
  remaining?: number
  notReady: Words[]
  by?: string
  as?: '' | 'away' | 'stay' | 'night'
  verified?: boolean
  walking?: number
  code?: boolean
}

export interface Door {
  id: string
  label: Words
  room?: string
  state: string
  lastCard?: string
  lastWho?: string
  waiting?: string
  freed?: boolean
}

/** A room with those who went in by card and have not come out. */
export interface Area {
  id: string
  label: Words
  frozen?: boolean
  count: number
  people: { who: string; since?: string; age: number; door: string; unsure?: boolean; left?: boolean }[]
}

export interface Panel {
  zones: Zone[]
  partitions: Partition[]
  doors: Door[]
  consent?: { required: boolean; by?: string; until?: string; remaining?: number; alone?: boolean }
  areas: Area[]
}

export interface Outputs {
  outputs: { id: string; label: Words; kind?: string; output: string; on: boolean }[]
  wall?: {
    rooms: string[]; rows: string[]; lamps: string[]; brightness: number; hidden?: boolean
    text?: { width: number; lines: { text: string; colour: string; inverse?: boolean }[] }
  }
}

export interface Terminals {
  lost: number
  inputs: { terminal: string; point: string; label: Words; rest: 'open' | 'closed'; state: 'open' | 'closed' | 'unknown'; debounce: number; edges: number; lost: number; last?: string }[]
  outputs: { output: string; label: Words; terminal?: string; kind: string; by: string[]; rest: string; onCrash: Words; onReboot: Words; supervised?: string; source?: string }[]
}

interface BusCounts { exchanges: number; answered: number; silent: number; late: number; damaged: number; noise: number; foreign: number; doubled: number; unasked: number }

export interface Bus {
  id: string
  shape?: string
  seconds: number
  score: number
  achieved: number
  ceiling: number
  load: number
  counts: BusCounts
  steps: number[]
  slaves: { protocol: string; unit: number; devices: string[]; counts: BusCounts; least: number; middle: number; turns: number[] }[]
  hints: { code: string; zh: string; en: string }[]
  searching: boolean
}

export interface Buses { buses: Bus[] }

export interface Health {
  ok: boolean
  journalOk: boolean
  journal?: string
  safeMode: boolean
  started: string
  uptime: number
  dropped: number
  lostEdges: number
  clock: string
  devices: number
  devicesFaulty: number
  streams: number
  version: string
}

export interface Room {
  id: string
  label: Words
  keys: string[]
  devices: string[]
}

export interface Overview {
  site: string
  label: Words
  version: string
  rooms: Room[]
  health: Health
}

export interface Event {
  id: string
  at: { wall: string; clock: string }
  type: string
  subject?: string
  priority?: number
  room?: string
  actor?: string
  text?: Words
  drill?: boolean
}

export interface Me {
  name: string
  role: Role
  language: string
  version: string
}

export interface User {
  name: string
  role: Role
  created: string
  until?: string
}

export interface Message {
  id: string
  channel: string
  contact: string
  to: string
  text: string
  state: string
  why?: string
  queued: string
}

export interface Update {
  slots: boolean
  slot?: string
  version: string
  phase: 'idle' | 'staged' | 'trying' | 'confirmed' | 'rolled-back' | 'stranded'
  next?: string
  notes?: Words
  older?: boolean
  by?: string
  at?: string
  obstacles?: Words[]
  lacks?: Words[]
  unproven?: Words[]
  left?: number
  written?: number
  stick?: Words
  room?: number
}

export interface ProductMap {
  name: string
  own?: boolean
  label?: Words
  protocol?: string
  class?: string
  trust?: Words
  source?: string
  template?: boolean
  fault?: Words
  devices: string[]
}

export interface Accepted {
  number: number
  at: string
  by: string
  digest: string
  firmware: string
  bytes: number
}

export interface Line {
  kind: 'same' | 'gone' | 'new' | 'cut'
  text?: string
}

// Registers or coils that other masters may write through the box.
export interface ProxyWrite {
  unit: number
  table: 'holding' | 'coil'
  first: number
  last: number
}

export interface Site {
  id: string
  label: Words
  board: string
  timeZone: string
  rooms: { id: string; label?: Words }[]
  contacts: { id: string; label: Words; phone?: string; mail?: string }[]
  channels: { id: string; driver?: string }[]
  upstream: { id: string; driver?: string }[]
  buses: number
  devices: number
  inputs: number
  outputs: number
  zones: number
  doors: number
  alarmRules: number
  cards: number
  modbus: number
  proxies: { bus: string; interface?: string; from?: string[]; port?: number; terminal?: string; writes: ProxyWrite[] }[]
  trial?: { by: string; left: number }
}
