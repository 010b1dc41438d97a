import type { ReactNode } from 'react'
import { PROVIDERS } from '../../shared/providers.ts'
import type { DestinationForm } from '../destination-form.ts'
import type { ObjectForm } from '../object-form.ts'
import { saysSomething } from '../object-form.ts'
import { strings } from '../strings.ts'
import { SelectField, TextField } from './form.tsx'

const text = strings.destinationDialog

interface ObjectFieldsProps {
  readonly form: DestinationForm
  readonly onChange: (part: Partial<DestinationForm>) => void
}

/** What is kept beside the bytes of every object that goes to a destination. */
export function ObjectFields({ form, onChange }: ObjectFieldsProps): ReactNode {
  const { object } = form
  const change = (part: Partial<ObjectForm>) => onChange({ object: { ...object, ...part } })
  return (
    <details className="form-wide form-more" open={saysSomething(object)}>
      <summary>{text.object}</summary>
      <div className="form">
        <TextField
          label={text.contentType}
          placeholder={text.byName}
          value={object.contentType}
          onText={(contentType) => change({ contentType })}
        />
        <TextField
          label={text.cacheControl}
          placeholder="max-age=3600"
          value={object.cacheControl}
          onText={(cacheControl) => change({ cacheControl })}
        />
        <StorageClassField form={form} onChange={change} />
        {!form.isDemo && <EncryptionFields form={form} onChange={change} />}
        <PairsField
          label={text.metadata}
          hint={text.metadataHint}
          placeholder={text.metadataPlaceholder}
          value={object.metadata}
          onText={(metadata) => change({ metadata })}
        />
        {(PROVIDERS[form.provider].tags || object.tags !== '') && (
          <PairsField
            label={text.tags}
            hint={text.tagsHint}
            placeholder={text.tagsPlaceholder}
            value={object.tags}
            onText={(tags) => change({ tags })}
          />
        )}
      </div>
    </details>
  )
}

interface PairsProps {
  readonly label: string
  readonly hint: string
  readonly placeholder: string
  readonly value: string
  readonly onText: (text: string) => void
}

/** `name=value`, one a line. */
function PairsField({ label, hint, placeholder, value, onText }: PairsProps): ReactNode {
  return (
    <label className="form-field form-wide">
      <span className="form-label">{label}</span>
      <textarea
        className="field form-lines"
        rows={2}
        spellCheck={false}
        placeholder={placeholder}
        value={value}
        onChange={(event) => onText(event.currentTarget.value)}
      />
      <span className="form-hint">{hint}</span>
    </label>
  )
}

interface PartProps {
  readonly form: DestinationForm
  readonly onChange: (part: Partial<ObjectForm>) => void
}

/** A list where the store's classes are known; else they are typed. */
function StorageClassField({ form, onChange }: PartProps): ReactNode {
  const { storageClass } = form.object
  const { storageClasses } = PROVIDERS[form.provider]
  const onText = (value: string) => onChange({ storageClass: value })
  if (storageClasses === null) {
    return <TextField label={text.storageClass} placeholder={text.ofBucket} value={storageClass} onText={onText} />
  }
  // What was set before is shown, whatever the store is by now.
  const others = storageClass === '' || storageClasses.includes(storageClass) ? [] : [storageClass]
  const choices = [...storageClasses, ...others].map((name) => [name, name] as const)
  return (
    <SelectField
      label={text.storageClass}
      value={storageClass}
      choices={[['', text.ofBucket], ...choices]}
      onChoice={onText}
    />
  )
}

function EncryptionFields({ form, onChange }: PartProps): ReactNode {
  const { encryption, kmsKeyId } = form.object
  const offered = PROVIDERS[form.provider].encryption ?? (['s3', 'kms'] as const)
  const choices = (['bucket', 's3', 'kms'] as const)
    .filter((kind) => kind === 'bucket' || kind === encryption || offered.includes(kind))
    .map((kind) => [kind, text.encryptionChoices[kind]] as const)
  if (choices.length === 1) return null
  return (
    <>
      <SelectField
        label={text.encryption}
        value={encryption}
        choices={choices}
        onChoice={(kind) => onChange({ encryption: kind })}
      />
      {encryption === 'kms' && (
        <TextField
          label={`${text.kmsKeyId} (${text.optional})`}
          className="form-wide"
          placeholder={text.kmsDefault}
          value={kmsKeyId}
          onText={(id) => onChange({ kmsKeyId: id })}
        />
      )}
    </>
  )
}
