import { shortSha } from '../../../core/branch.ts';
import { plainText } from '../../../core/plain-text.ts';
import type { BranchChoices } from '../branch-completion.ts';
import type { FormState } from '../forms/form-state.ts';
import { Field } from './form.tsx';
import type { Html } from './html.ts';
import { IN_PLACE, OUT_OF_BAND, type Swap } from './swap.ts';

const LIST_ID = 'branch-options';
const REMARK_ID = 'branch-remark';

/** A field of its own text with the repository's branches to choose from (ARIA combobox with a list). */
export function BranchField({ form, placeholder }: { readonly form: FormState; readonly placeholder: string }): Html {
  return (
    <Field
      form={form}
      name="branch"
      label="Branch"
      hint="The environment follows it: every new commit is deployed."
      control={(control) => (
        <div class="combobox" x-data="branchPicker">
          <input
            class="input mono"
            type="text"
            value={form.typed['branch']}
            placeholder={placeholder}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            role="combobox"
            aria-autocomplete="list"
            aria-expanded="false"
            aria-controls={LIST_ID}
            x-ref="input"
            x-on:focus="enter"
            x-on:click="click"
            x-on:input="show"
            x-on:blur="hide"
            x-on:keydown="press"
            hx-get="/branch-options"
            hx-include="#field-repository-id"
            hx-trigger="focus, input changed delay:100ms, change"
            hx-target={`#${LIST_ID}`}
            hx-swap="innerHTML"
            hx-sync="this:replace"
            {...control}
          />
          <ul
            class="options"
            id={LIST_ID}
            role="listbox"
            aria-label="Branches"
            x-ref="list"
            x-on:mousedown="choose"
            hidden
          />
          <BranchRemark isBranch swap={IN_PLACE} />
        </div>
      )}
    />
  );
}

export function BranchOptions({ choices, more, isBranch }: BranchChoices): Html {
  return (
    <>
      {choices.length === 0 && <OptionNote text="No branch has that in its name." />}
      {choices.map(({ name, commit, isDefault }, index) => (
        <li class="option" id={`branch-option-${String(index)}`} role="option" aria-selected="false" data-value={name}>
          <bdi class="mono">{plainText(name)}</bdi>
          <span class="soft">
            {isDefault && 'default · '}
            {shortSha(commit)}
          </span>
        </li>
      ))}
      {more > 0 && <OptionNote text={`${String(more)} more: type on to find them.`} />}
      <BranchRemark isBranch={isBranch} swap={OUT_OF_BAND} />
    </>
  );
}

/**
 * A branch may be named before it is pushed, so this is a remark and no fault. The list of choices covers it while
 * somebody types.
 */
function BranchRemark({ isBranch, swap }: { readonly isBranch: boolean; readonly swap: Swap }): Html {
  return (
    <p class="remark-below" id={REMARK_ID} role="status" {...swap}>
      {!isBranch && 'The repository has no such branch yet: the environment will fail until it is pushed.'}
    </p>
  );
}

/** A remark among the options, which cannot be chosen. */
export function OptionNote({ text }: { readonly text: string }): Html {
  return (
    <li class="option-note" role="option" aria-disabled="true" aria-selected="false">
      {text}
    </li>
  );
}
