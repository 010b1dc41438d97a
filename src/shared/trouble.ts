/**
 * What is wrong with the program as a whole, told for as long as it lasts. `message` is the reason of an engine that
 * ended; else a whole sentence with its remedy.
 */
export interface Trouble {
  readonly kind: TroubleKind
  readonly message: string
}

/**
 * 'engine-restarting': its thread ended, and another is restoring the journal; 'engine-dead': it is not started again.
 * 'stuck': the journal cannot be written, so nothing new begins (a full disk). 'unkept': the data folder cannot be
 * used, so nothing can be uploaded. 'set-aside': a file of ours could not be read and was kept under another name.
 */
export type TroubleKind = 'engine-restarting' | 'engine-dead' | 'stuck' | 'unkept' | 'set-aside'
