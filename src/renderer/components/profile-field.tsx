import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import type { ProfileView } from '../../shared/destination.ts'
import { call } from '../bridge.ts'
import type { DestinationForm } from '../destination-form.ts'
import { withProfile } from '../profile-choice.ts'
import { strings } from '../strings.ts'
import { TextField } from './form.tsx'

const text = strings.destinationDialog
const LIST_ID = 'profiles-of-aws'

interface ProfileFieldProps {
  readonly form: DestinationForm
  readonly onChange: (part: Partial<DestinationForm>) => void
}

/** A name out of ~/.aws, offered as it is typed; one that is known brings its region and endpoint. */
export function ProfileField({ form, onChange }: ProfileFieldProps): ReactNode {
  const [profiles, setProfiles] = useState<readonly ProfileView[]>([])
  useEffect(() => {
    // Without the list the name can still be typed.
    void call('listProfiles', {}).then((result) => result.ok && setProfiles(result.value))
  }, [])
  return (
    <>
      <TextField
        label={`${text.profileName} (${text.optional})`}
        hint={profiles.length === 0 ? text.noProfiles : text.profileHint}
        placeholder="default"
        list={LIST_ID}
        value={form.profile}
        onText={(name) => onChange(withProfile(form, name, profiles))}
      />
      <datalist id={LIST_ID}>
        {profiles.map(({ name, kind, region }) => (
          <option key={name} value={name} label={[name, text.profileKinds[kind], region].filter(Boolean).join(' · ')} />
        ))}
      </datalist>
    </>
  )
}
