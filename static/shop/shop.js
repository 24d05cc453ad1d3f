/* The demo shop's page: tells what the shopper does, lets the strip ask again, and draws what was learnt. */
(() => {
'use strict'
const { key, tokenUrl, learnedUrl, viewed, viewedTitle } = document.body.dataset
const strip = document.querySelector('#strip')
const KEPT = 'shop-moves'
const MOST = 5

const token = async () => (await (await fetch(tokenUrl)).json()).token
const tell = async (kind, fields) => {
  const event = { event_id: crypto.randomUUID(), kind, ...fields }
  const headers = { 'Content-Type': 'application/json', Authorization: `Api-Key ${key}`, 'Shopper-Token': await token() }
  await fetch('/api/v1/events', { method: 'POST', headers, body: JSON.stringify({ events: [event] }), keepalive: true })
}

// --- the panel

const panel = document.querySelector('.learn')
const node = (tag, text, ...children) => {
  const made = document.createElement(tag)
  if (text != null) made.textContent = text
  made.append(...children)
  return made
}
const two = (number) => number.toFixed(2)
let shopper = ''
let before = null

const ask = async () => {
  try {
    const answer = await fetch(learnedUrl)
    return answer.ok ? await answer.json() : null
  } catch { return null }
}
const moves = () => {
  try { return (JSON.parse(sessionStorage.getItem(KEPT)) || []).filter((move) => move.shopper === shopper) } catch { return [] }
}
const remember = (move) => {
  try { sessionStorage.setItem(KEPT, JSON.stringify([move, ...moves()].slice(0, MOST))) } catch { /* private windows */ }
}

const draw = (learned) => {
  const bars = document.querySelector('#bars')
  const shown = learned.interests.slice(0, 6)
  bars.replaceChildren(...shown.map((interest) => {
    const row = node('li', null, node('span', interest.name), node('i'), node('b', two(interest.now)))
    row.className = 'bar-row'
    row.children[0].title = interest.name
    row.children[1].style.setProperty('--now', interest.now)
    row.children[1].style.setProperty('--before', interest.before)
    return row
  }))
  if (!shown.length) bars.append(node('li', bars.dataset.empty))
  document.querySelector('#reasons').replaceChildren(...learned.coupons.map((coupon) => node('li', null, node('b', coupon.title), coupon.reason)))
  document.querySelector('#rules').replaceChildren(...learned.rules.map((rule) => node('li', rule)))
  drawMoves()
}
const drawMoves = () => {
  const list = document.querySelector('#moves')
  const words = list.dataset
  const kept = moves()
  list.replaceChildren(...kept.map((move) => {
    const minutes = Math.floor((Date.now() - move.at) / 60000)
    const what = move.changed
      ? words.move.replace('{name}', move.changed.name).replace('{from}', two(move.changed.from)).replace('{to}', two(move.changed.to))
      : words.same
    return node('li', null, node('b', words[move.did].replace('{what}', move.what)),
      node('small', minutes < 1 ? words.now : words.min.replace('{n}', minutes)), node('span', what))
  }))
  if (!kept.length) list.append(node('li', words.none))
}
/** What moved most between two looks. */
const biggest = (old, now) => {
  const was = new Map((old?.interests || []).map((interest) => [interest.category, interest.now]))
  const changes = now.interests.map(({ category, name, now: to, before: published }) => ({ name, from: was.get(category) ?? published, to }))
  const best = changes.sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from))[0]
  return best && Math.abs(best.to - best.from) >= 0.001 ? best : null
}
const look = async (did, what) => {
  if (!panel) return
  const learned = await ask()
  if (!learned) return
  shopper = learned.shopper
  if (did) remember({ shopper, did, what, at: Date.now(), changed: biggest(before, learned) })
  before = learned
  draw(learned)
}

const happened = async (did, what) => { await look(did, what); strip?.refresh() }

// --- what the shopper does

const start = async () => {
  await look()
  if (!viewed) return
  await tell('view', { product: viewed })
  await happened('viewed', viewedTitle)
}
start().catch(() => { /* the platform is away: the shop goes on selling */ })
setInterval(() => panel && shopper && drawMoves(), 30000)

document.addEventListener('submit', async (event) => {
  const form = event.target.closest('.add')
  if (!form) return
  event.preventDefault()
  const button = form.querySelector('button')
  const data = new FormData(form)
  const answer = await fetch(form.action, { method: 'POST', body: data, headers: { Accept: 'application/json' } }).catch(() => null)
  if (!answer?.ok) return form.submit()
  const { count } = await answer.json()
  const badge = document.querySelector('#cart-count')
  badge.textContent = count
  badge.hidden = !count
  const said = document.querySelector('#said')
  said.textContent = said.dataset.added.replace('{what}', form.dataset.title)
  button.classList.add('done')
  setTimeout(() => button.classList.remove('done'), 900)
  try {
    await tell('cart', { product: data.get('product') })
    await happened('added', form.dataset.title)
  } catch { /* counted later or never; the cart is the shop's own */ }
})

for (const [name, did] of [['coupon-claimed', 'claimed'], ['coupon-dismissed', 'dismissed']]) {
  strip?.addEventListener(name, (event) => {
    const coupon = event.detail.title || ''
    setTimeout(() => happened(did, coupon), 400)
  })
}
strip?.addEventListener('coupons-stopped', () => look())

const preview = document.querySelector('#preview')
if (preview) document.querySelector('#states').preview = JSON.parse(preview.textContent)
})()
