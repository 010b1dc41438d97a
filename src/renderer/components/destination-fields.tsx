import type { ReactNode, RefObject } from 'react'
import type { OnExists } from '../../shared/destination.ts'
import { PROVIDERS } from '../../shared/providers.ts'
import type { DestinationForm } from '../destination-form.ts'
import { CHOICES, endpointExample, withProvider, withRegion } from '../provider-choice.ts'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { ObjectFields } from './destination-object.tsx'
import { SegmentedChoice, SelectField, TextField } from './form.tsx'
import { ProfileField } from './profile-field.tsx'

const text = strings.destinationDialog
const REGIONS_ID = 'regions-of-store'
const ON_EXISTS = Object.entries(text.onExistsChoices) as [OnExists, string][]

interface FieldsProps {
  readonly form: DestinationForm
  readonly onChange: (part: Partial<DestinationForm>) => void
  readonly nameBox: RefObject<HTMLInputElement | null>
  readonly secretBox: RefObject<HTMLInputElement | null>
}

/** The fields of a destination; the demo bucket shows only those that are a person's to choose. */
export function DestinationFields({ form, onChange, nameBox, secretBox }: FieldsProps): ReactNode {
  const { note } = PROVIDERS[form.provider]
  return (
    <div className="form">
      {form.isDemo && <p className="form-wide form-hint">{text.demoNote}</p>}
      <TextField
        label={text.name}
        ref={nameBox}
        className={form.isDemo ? 'form-wide' : ''}
        placeholder={text.namePlaceholder}
        value={form.name}
        onText={(name) => onChange({ name })}
      />
      {!form.isDemo && (
        <>
          <SelectField
            label={text.service}
            value={form.provider}
            choices={CHOICES.map((id) => [id, PROVIDERS[id].name])}
            onChoice={(provider) => onChange(withProvider(form, provider))}
          />
          {form.provider !== 'aws' && (
            <TextField
              label={text.endpoint}
              className="form-wide"
              placeholder={endpointExample(form.provider) ?? text.endpointPlaceholder}
              {...(note === null ? {} : { hint: note })}
              value={form.endpoint}
              onText={(endpoint) => onChange({ endpoint })}
            />
          )}
          <TextField label={text.bucket} value={form.bucket} onText={(bucket) => onChange({ bucket })} />
          <TextField
            label={text.region}
            list={REGIONS_ID}
            value={form.region}
            onText={(region) => onChange(withRegion(form, region))}
          />
          <datalist id={REGIONS_ID}>
            {PROVIDERS[form.provider].regions.map((region) => (
              <option key={region} value={region} />
            ))}
          </datalist>
        </>
      )}
      <TextField
        label={text.prefix}
        className="form-wide"
        hint={text.prefixHint}
        placeholder="footage/2026/"
        value={form.prefix}
        onText={(prefix) => onChange({ prefix })}
      />
      {!form.isDemo && <CredentialFields form={form} onChange={onChange} secretBox={secretBox} />}
      <SelectField
        label={text.onExists}
        className="form-wide"
        value={form.onExists}
        choices={ON_EXISTS}
        onChoice={(onExists) => onChange({ onExists })}
      />
      <ObjectFields form={form} onChange={onChange} />
      <PaceFields form={form} onChange={onChange} />
      {!form.isDemo && (
        <details className="form-wide form-more" open={hasMore(form)}>
          <summary>{text.more}</summary>
          <div className="form">
            {form.provider !== 'aws' && (
              <>
                <label className="form-check form-wide">
                  <input
                    type="checkbox"
                    checked={form.pathStyle}
                    onChange={(event) => onChange({ pathStyle: event.currentTarget.checked })}
                  />
                  <span>{text.pathStyle}</span>
                  <span className="form-hint">{text.pathStyleHint}</span>
                </label>
                <TextField
                  label={`${text.caFile} (${text.optional})`}
                  className="form-wide"
                  hint={text.caFileHint}
                  placeholder="/etc/ssl/private-ca.pem"
                  value={form.caFile}
                  onText={(caFile) => onChange({ caFile })}
                />
              </>
            )}
            <TextField
              label={`${text.proxy} (${text.optional})`}
              hint={text.proxyHint}
              placeholder="http://proxy.example.com:3128"
              value={form.proxy}
              onText={(proxy) => onChange({ proxy })}
            />
            <TextField
              label={`${text.bindAddress} (${text.optional})`}
              hint={text.bindAddressHint}
              placeholder="192.0.2.7"
              value={form.bindAddress}
              onText={(bindAddress) => onChange({ bindAddress })}
            />
          </div>
        </details>
      )}
    </div>
  )
}

/** What is set stays in sight. */
function hasMore({ provider, pathStyle, caFile, proxy, bindAddress }: DestinationForm): boolean {
  return (
    (provider !== 'aws' && (caFile !== '' || pathStyle !== PROVIDERS[provider].pathStyle)) ||
    proxy !== '' ||
    bindAddress !== ''
  )
}

/** What this destination is held to, beside the limit of all uploads. */
function PaceFields({ form, onChange }: Pick<FieldsProps, 'form' | 'onChange'>): ReactNode {
  const { pace } = form
  const hasPace = pace.limit !== '' || pace.requestsPerSecond !== '' || pace.filesPerSecond !== ''
  const change = (part: Partial<typeof pace>) => onChange({ pace: { ...pace, ...part } })
  return (
    <details className="form-wide form-more" open={hasPace || form.isDemo}>
      <summary>{text.pace}</summary>
      <div className="form form-three">
        <TextField
          label={text.limit}
          placeholder={text.noLimit}
          value={pace.limit}
          onText={(limit) => change({ limit })}
        />
        <TextField
          label={text.requestsPerSecond}
          placeholder={text.noLimit}
          inputMode="decimal"
          value={pace.requestsPerSecond}
          onText={(requestsPerSecond) => change({ requestsPerSecond })}
        />
        <TextField
          label={text.filesPerSecond}
          placeholder={text.noLimit}
          inputMode="decimal"
          value={pace.filesPerSecond}
          onText={(filesPerSecond) => change({ filesPerSecond })}
        />
        <p className="form-wide form-hint">{text.paceHint}</p>
      </div>
    </details>
  )
}

function CredentialFields({ form, onChange, secretBox }: Omit<FieldsProps, 'nameBox'>): ReactNode {
  const secretPlace = useApp((state) => state.secretPlace)
  return (
    <>
      <SegmentedChoice
        legend={text.credentials}
        value={form.credentials}
        choices={[
          ['keys', text.keys],
          ['profile', text.profile],
        ]}
        onChoice={(credentials) => onChange({ credentials })}
      />
      {form.credentials === 'profile' ? (
        <ProfileField form={form} onChange={onChange} />
      ) : (
        <>
          <TextField
            label={text.accessKeyId}
            value={form.accessKeyId}
            onText={(accessKeyId) => onChange({ accessKeyId })}
          />
          <TextField
            label={text.secretAccessKey}
            ref={secretBox}
            type="password"
            hint={text.secretHints[secretPlace]}
            placeholder={form.hasSecret ? text.secretKnown : ''}
            value={form.secretAccessKey}
            onText={(secretAccessKey) => onChange({ secretAccessKey })}
          />
          <TextField
            label={`${text.sessionToken} (${text.optional})`}
            type="password"
            value={form.sessionToken}
            onText={(sessionToken) => onChange({ sessionToken })}
          />
        </>
      )}
    </>
  )
}
