// The site as it is now: fetched once, then kept by the event stream. When the
// stream dies the page says so and tries again until it is back.
import { SvelteMap } from 'svelte/reactivity'
import { get, Refusal } from './api'
import type { Alarm, Command, Device, Event, Health, Outputs, Overview, Panel, Point, Reading, Simulation, Team } from './types'

/** A reading with the local moment at which its value was true. */
export interface Held extends Reading {
  since: number
}

const keptEvents = 200

class Live {
  link = $state<'off' | 'connecting' | 'on' | 'lost'>('off')
  lastHeard = $state(0)
  /** local time, ticks each second */
  now = $state(Date.now())
  /** box's wall clock minus the local one, milliseconds */
  offset = $state(0)

  overview = $state.raw<Overview | null>(null)
  points = new SvelteMap<string, Point>()
  readings = new SvelteMap<string, Held>()
  alarmsByKey = new SvelteMap<string, Alarm & { since: number }>()
  devices = new SvelteMap<string, Device>()
  panel = $state.raw<Panel>({ zones: [], partitions: [], doors: [], areas: [] })
  panelAt = $state(0)
  outputs = $state.raw<Outputs>({ outputs: [] })
  commands = $state.raw<Command[]>([])
  teams = $state.raw<Team[]>([])
  simulations = $state.raw<Simulation[]>([])
  health = $state.raw<Health | null>(null)
  events = $state.raw<Event[]>([])

  /** most urgent first, then newest; without the shelved ones */
  alarms = $derived.by(() => sorted(this.alarmsByKey.values()).filter((a) => a.standing && !a.shelved && !a.removedUntil))
  shelved = $derived.by(() => sorted(this.alarmsByKey.values()).filter((a) => a.shelved || a.removedUntil))
  /** explained by another alarm: no noise of their own */
  explained = $derived.by(() => sorted(this.alarmsByKey.values()).filter((a) => a.suppressed && !a.standing && !a.shelved && !a.removedUntil))
  unacknowledged = $derived(this.alarms.filter((a) => !a.acknowledged).length)
  old = $derived(this.link === 'lost')

  private source: EventSource | null = null
  private heartbeat = 15
  private ticker = 0
  private wanted = false

  start() {
    this.wanted = true
    this.connect()
    clearInterval(this.ticker)
    this.ticker = window.setInterval(() => this.tick(), 1000)
  }

  stop() {
    this.wanted = false
    this.source?.close()
    clearInterval(this.ticker)
    this.link = 'off'
    this.overview = null
    for (const m of [this.points, this.readings, this.alarmsByKey, this.devices]) m.clear()
    this.events = []
  }

  async describe() {
    try {
      const [overview, list] = await Promise.all([get<Overview>('overview'), get<{ points: Point[] }>('points')])
      this.overview = overview
      this.points.clear()
      for (const p of list.points) this.points.set(p.name, p)
    } catch (e) {
      if (!(e instanceof Refusal && e.status === 401) && this.wanted) setTimeout(() => this.describe(), 3000)
    }
  }

  private connect() {
    this.source?.close()
    if (!this.wanted) return
    if (this.link === 'off') this.link = 'connecting'
    const s = (this.source = new EventSource('/api/v1/stream'))
    const on = <T>(name: string, take: (data: T) => void) =>
      s.addEventListener(name, (e) => {
        this.lastHeard = Date.now()
        if (this.link !== 'on') this.link = 'on'
        take(JSON.parse((e as MessageEvent).data))
      })
    on<{ at: string; heartbeat: number }>('hello', (d) => {
      this.heartbeat = d.heartbeat
      this.setClock(d.at)
      void this.describe()
    })
    on<{ at: string }>('heartbeat', (d) => this.setClock(d.at))
    on<{ all?: boolean; points: Reading[] }>('points', (d) => this.takePoints(d))
    on<{ all?: boolean; changed: Alarm[]; removed: string[] }>('alarms', (d) => this.takeAlarms(d))
    on<{ all?: boolean; devices: Device[] }>('devices', (d) => {
      if (d.all) this.devices.clear()
      for (const x of d.devices) this.devices.set(x.id, x)
    })
    on<Panel>('panel', (d) => {
      this.panel = d
      this.panelAt = Date.now()
    })
    on<Outputs>('outputs', (d) => (this.outputs = d))
    on<{ commands: Command[] }>('commands', (d) => (this.commands = d.commands))
    on<{ teams: Team[] }>('teams', (d) => (this.teams = d.teams))
    on<{ simulations: Simulation[] }>('simulations', (d) => (this.simulations = d.simulations))
    on<Health>('health', (d) => (this.health = d))
    on<Event>('record', (d) => (this.events = [d, ...this.events].slice(0, keptEvents)))
    on('site', () => void this.describe())
    on('resync', () => (this.events = []))
    s.onerror = () => this.broken(s)
  }

  private broken(s: EventSource) {
    if (!this.wanted || s !== this.source) return
    if (this.link === 'on') this.link = 'lost'
    if (s.readyState !== EventSource.CLOSED) return
    // refused: either the session is over (get then logs out) or the box is busy
    setTimeout(() => {
      if (s !== this.source || !this.wanted) return
      get('session').then(
        () => this.connect(),
        () => this.broken(s),
      )
    }, 2000)
  }

  private tick() {
    this.now = Date.now()
    if (this.lastHeard && this.now - this.lastHeard > (this.heartbeat + 4) * 1000) {
      this.lastHeard = this.now - this.heartbeat * 1000 + 3000 // try again in a few seconds
      if (this.link === 'on') this.link = 'lost'
      this.connect()
    }
  }

  private setClock(at: string) {
    this.offset = Date.parse(at) - Date.now()
  }

  private takePoints(d: { all?: boolean; points: Reading[] }) {
    if (d.all) this.readings.clear()
    const now = Date.now()
    for (const r of d.points) this.readings.set(r.name, { ...r, since: r.age < 0 ? 0 : now - r.age * 1000 })
  }

  private takeAlarms(d: { all?: boolean; changed: Alarm[]; removed: string[] }) {
    if (d.all) this.alarmsByKey.clear()
    const now = Date.now()
    for (const a of d.changed) this.alarmsByKey.set(a.key, { ...a, since: a.age < 0 ? 0 : now - a.age * 1000 })
    for (const key of d.removed) this.alarmsByKey.delete(key)
  }

  /** Standing alarms of a room. */
  alarmsOf(room: string) {
    return this.alarms.filter((a) => (a.room ?? '') === room)
  }

  roomLabel(id: string | undefined) {
    return this.overview?.rooms.find((r) => r.id === (id ?? ''))?.label
  }
}

function sorted<T extends Alarm & { since: number }>(all: Iterable<T>): T[] {
  return [...all].sort((a, b) => a.priority - b.priority || Number(a.acknowledged) - Number(b.acknowledged) || b.since - a.since)
}

export const live = new Live()
