import { plainText } from '../../../core/plain-text.ts';
import type { TokenWithUse } from '../../../services/token-service.ts';
import type { PageContext } from '../page-context.ts';
import { FormDialog } from './dialog.tsx';
import { EmptyState } from './empty-state.tsx';
import type { Html } from './html.ts';
import { Icon } from './icon.tsx';
import type { Swap } from './swap.ts';
import { Ago, Moment } from './time.tsx';

export interface TokenListProps {
  readonly context: PageContext;
  readonly tokens: readonly TokenWithUse[];
  readonly swap: Swap;
}

export function TokenList({ context, tokens, swap }: TokenListProps): Html {
  return (
    <section class="card" id="token-list" aria-labelledby="tokens-title" {...swap}>
      <h2 class="card-title" id="tokens-title">
        Your tokens
      </h2>
      {tokens.length === 0 ? (
        <EmptyState icon="key" title="No token yet">
          <p>Send one as “Authorization: Bearer bb_…” with each request to the API.</p>
        </EmptyState>
      ) : (
        <ul class="tokens">
          {tokens.map((token) => (
            <TokenRow token={token} context={context} />
          ))}
        </ul>
      )}
    </section>
  );
}

function TokenRow({ token, context }: { readonly token: TokenWithUse; readonly context: PageContext }): Html {
  const { id, record, lastUsedAt } = token;
  const isExpired = record.expiresAt !== null && Date.parse(record.expiresAt) <= context.nowMs;
  const isOver = record.revokedAt !== null || isExpired;
  const dialog = `revoke-${id}`;
  return (
    <li class={isOver ? 'token token-over' : 'token'} id={`token-${id}`}>
      <div class="item-main">
        <p class="item-title">{plainText(record.name)}</p>
        <p class="fine">{record.scopes.join(', ')}</p>
        <p class="fine">
          Made <Ago at={record.createdAt} nowMs={context.nowMs} />
          {' · '}
          {lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              used <Ago at={lastUsedAt} nowMs={context.nowMs} />
            </>
          )}
          {' · '}
          {record.expiresAt === null ? (
            'does not end'
          ) : (
            <>
              {isExpired ? 'ended' : 'ends'} <Moment at={record.expiresAt} />
            </>
          )}
        </p>
      </div>
      {record.revokedAt !== null ? (
        <span class="badge badge-terminated">
          <Icon name="terminated" />
          Revoked
        </span>
      ) : (
        <>
          <button
            class="button button-danger-quiet button-small"
            type="button"
            data-dialog={dialog}
            command="show-modal"
            commandfor={dialog}
            aria-label={`Revoke ${plainText(record.name)}`}
          >
            Revoke
          </button>
          <FormDialog
            id={dialog}
            title={`Revoke ${plainText(record.name)}?`}
            action={`/tokens/${id}/revoke`}
            csrfToken={context.csrfToken}
            submitLabel="Revoke"
            danger
          >
            <p>Whatever uses it is refused from now on. This cannot be taken back.</p>
          </FormDialog>
        </>
      )}
    </li>
  );
}
