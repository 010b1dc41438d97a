/** What is asked when a window closes while transfers are unfinished: the same in every shell. */
export type LeaveAnswer = 'keep' | 'back' | 'quit'

export const LEAVE_CHOICES: readonly { readonly answer: LeaveAnswer; readonly label: string }[] = [
  { answer: 'keep', label: 'Keep uploading without a window' },
  { answer: 'back', label: 'Back to the window' },
  { answer: 'quit', label: 'Quit and stop uploading' },
]

export function leaveQuestion(unfinishedCount: number): string {
  return unfinishedCount === 1 ? 'One file is not uploaded yet.' : `${unfinishedCount} files are not uploaded yet.`
}
