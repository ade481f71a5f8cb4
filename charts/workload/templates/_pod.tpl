{{/* What pods of every component have in common, as Pod Security `restricted` demands it. */}}
{{- define "workload.podDefaults" -}}
automountServiceAccountToken: false
{{- /* Variables such as NAME_PORT for each Service of the namespace would only collide with the workload's own. */}}
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Argument: a map that may have runAsUser, runAsGroup and fsGroup. */}}
{{- define "workload.podSecurityContext" -}}
runAsNonRoot: true
{{- range $key := list "runAsUser" "runAsGroup" "fsGroup" }}
{{- with get $ $key }}
{{ $key }}: {{ int64 . }}
{{- end }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Argument: whether the root file system is read-only. */}}
{{- define "workload.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: {{ . }}
{{- end }}

{{/* Annotations of pods that every deployment replaces. A user's own win over none of ours. */}}
{{- define "workload.revisionAnnotations" -}}
{{- $annotations := dict }}
{{- range $name, $value := .Values.podAnnotations }}
{{- if not (kindIs "invalid" $value) }}
{{- $_ := set $annotations $name $value }}
{{- end }}
{{- end }}
{{- with include "workload.revision" . }}
{{- $_ := set $annotations "blueberry.dev/revision" . }}
{{- end }}
{{- with (.Values.blueberry).commit }}
{{- $_ := set $annotations "blueberry.dev/commit" . }}
{{- end }}
{{- with (.Values.blueberry).branch }}
{{- $_ := set $annotations "blueberry.dev/branch" . }}
{{- end }}
{{- if (.Values.postgres).enabled }}
{{- $_ := set $annotations "checksum/postgres" (include "workload.postgresSecret" . | sha256sum) }}
{{- end }}
{{- if (.Values.redis).enabled }}
{{- $_ := set $annotations "checksum/redis" (include "workload.redisSecret" . | sha256sum) }}
{{- end }}
{{- with $annotations }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{/* Whole Secrets as environment variables: of equal names the later wins, and `env` wins over all of them. */}}
{{- define "workload.envFrom" -}}
{{- if (.Values.postgres).enabled }}
- secretRef:
    name: {{ printf "%s-postgres" .Release.Name | quote }}
{{- end }}
{{- if (.Values.redis).enabled }}
- secretRef:
    name: {{ printf "%s-redis" .Release.Name | quote }}
{{- end }}
{{- range .Values.existingSecrets }}
- secretRef:
    name: {{ . | quote }}
{{- end }}
{{- with (.Values.secretEnv).secretName }}
- secretRef:
    name: {{ . | quote }}
{{- end }}
{{- end }}

{{/* Each name once, or the API refuses to merge the list. Doubled dollars keep Kubernetes from replacing `$(NAME)`. */}}
{{- define "workload.env" -}}
{{- $secretKeys := (.Values.secretEnv).keys | default list }}
{{- range $name, $value := .Values.env }}
{{- $ours := or (eq $name "PORT") (hasPrefix "BLUEBERRY_" $name) }}
{{- if not (or (kindIs "invalid" $value) $ours (has $name $secretKeys)) }}
- name: {{ $name | quote }}
  value: {{ $value | replace "$" "$$" | quote }}
{{- end }}
{{- end }}
- name: PORT
  value: {{ .Values.port | default 8080 | int64 | quote }}
{{- $facts := .Values.blueberry | default dict }}
{{- $variables := dict
  "BLUEBERRY_ENVIRONMENT" $facts.environmentId
  "BLUEBERRY_NAME" $facts.name
  "BLUEBERRY_URL" $facts.url
  "BLUEBERRY_BRANCH" $facts.branch
  "BLUEBERRY_COMMIT" $facts.commit
  "BLUEBERRY_REVISION" (include "workload.revision" .) }}
{{- range $name, $value := $variables }}
{{- with $value }}
- name: {{ $name }}
  value: {{ . | replace "$" "$$" | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "workload.volumeMounts" -}}
{{- with .Values.writablePaths }}
volumeMounts:
  {{- range $index, $path := . }}
  - name: writable-{{ $index }}
    mountPath: {{ $path | quote }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "workload.volumes" -}}
{{- with .Values.writablePaths }}
volumes:
  {{- range $index, $_ := . }}
  - name: writable-{{ $index }}
    emptyDir: {}
  {{- end }}
{{- end }}
{{- end }}
