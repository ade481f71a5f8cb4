{{/*
Everything is named after the release, which Blueberry keeps within 53 characters. Arguments of the templates below that
speak of one component: {root: the top, component: web | seed | postgres | redis}.
*/}}

{{- define "workload.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component | quote }}
{{- end }}

{{- define "workload.environmentLabels" -}}
{{- with (.root.Values.blueberry).environmentId }}
blueberry.dev/environment-id: {{ . | quote }}
{{- end }}
{{- with (.root.Values.blueberry).name }}
blueberry.dev/environment-name: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "workload.labels" -}}
{{ include "workload.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
{{- include "workload.environmentLabels" . }}
{{- end }}

{{- define "workload.podLabels" -}}
{{ include "workload.selectorLabels" . }}
{{- include "workload.environmentLabels" . }}
{{- end }}

{{/* Of pods that every deployment replaces, so that a pod tells which one it is of. */}}
{{- define "workload.revisionPodLabels" -}}
{{ include "workload.podLabels" . }}
{{- with include "workload.revision" .root }}
blueberry.dev/revision: {{ . | quote }}
{{- end }}
{{- end }}

{{/* The deployment's number as text: values that come as JSON hold it as a floating-point number. */}}
{{- define "workload.revision" -}}
{{- with (.Values.blueberry).revision }}{{ int64 . }}{{ end }}
{{- end }}

{{- define "workload.image" -}}
{{- $image := .Values.image | default dict }}
{{- $repository := required "image.repository is needed: the image to run, without its tag" $image.repository }}
{{- if $image.digest }}
{{- printf "%s@%s" $repository $image.digest }}
{{- else if $image.tag }}
{{- printf "%s:%s" $repository $image.tag }}
{{- else }}
{{- fail (printf "image.digest or image.tag is needed: which image of %s to run" $repository) }}
{{- end }}
{{- end }}
