import { expect, it } from 'vitest'
import { MAX_BESIDE, nextBeside } from '../../src/main/core/key-beside.ts'

it.each([
  ['film.mp4', 'film (2).mp4', 'film (3).mp4'],
  ['set.1/film', 'set.1/film (2)', 'set.1/film (3)'],
  ['a/b.c/photos.tar.gz', 'a/b.c/photos (2).tar.gz', 'a/b.c/photos (3).tar.gz'],
  ['LOGS.TAR.ZST', 'LOGS (2).TAR.ZST', 'LOGS (3).TAR.ZST'],
  ['x.tar', 'x (2).tar', 'x (3).tar'],
  ['.bashrc', '.bashrc (2)', '.bashrc (3)'],
  ['.config.json', '.config (2).json', '.config (3).json'],
  ['..', '.. (2)', '.. (3)'],
  ['ends.', 'ends. (2)', 'ends. (3)'],
  ['Dr. Smith', 'Dr. Smith (2)', 'Dr. Smith (3)'],
  ['a (2).txt', 'a (2) (2).txt', 'a (2) (3).txt'],
  ['dir/', 'dir/ (2)', 'dir/ (3)'],
  ['é😀.jpg', 'é😀 (2).jpg', 'é😀 (3).jpg'],
])('keeps %s beside as %s, then %s', (wanted, second, third) => {
  expect(nextBeside(wanted, wanted)).toBe(second)
  expect(nextBeside(wanted, second)).toBe(third)
})

it('counts on past nine, and ends', () => {
  expect(nextBeside('a.b', 'a (99).b')).toBe('a (100).b')
  expect(nextBeside('a.b', `a (${MAX_BESIDE - 1}).b`)).toBe(`a (${MAX_BESIDE}).b`)
  expect(nextBeside('a.b', `a (${MAX_BESIDE}).b`)).toBeNull()
})
