{{- define "workload.probeHandler" -}}
{{- if (.Values.probe).path }}
httpGet:
  path: {{ .Values.probe.path | quote }}
  port: http
  {{- /* Servers that know their own name refuse requests for another. */}}
  {{- with (.Values.blueberry).url }}
  httpHeaders:
    - name: Host
      value: {{ (urlParse .).host | quote }}
  {{- end }}
{{- else }}
tcpSocket:
  port: http
{{- end }}
{{- with .Values.probe.timeoutSeconds }}
timeoutSeconds: {{ int64 . }}
{{- end }}
{{- end }}

{{/*
Until the startup probe has passed once, nothing else looks: a slow start is not taken for a hang, and lasts as long as
the deployment's deadline allows.
*/}}
{{- define "workload.probes" -}}
{{- with .Values.probe }}
{{- $period := .periodSeconds | default 10 | int64 }}
{{- $threshold := .failureThreshold | default 3 | int64 }}
{{- $deadline := $.Values.progressDeadlineSeconds | default 600 | int64 }}
startupProbe:
  {{- include "workload.probeHandler" $ | trim | nindent 2 }}
  {{- with .initialDelaySeconds }}
  initialDelaySeconds: {{ int64 . }}
  {{- end }}
  periodSeconds: 2
  failureThreshold: {{ max 1 (div $deadline 2) }}
readinessProbe:
  {{- include "workload.probeHandler" $ | trim | nindent 2 }}
  periodSeconds: {{ $period }}
  failureThreshold: {{ $threshold }}
{{- if .restart }}
livenessProbe:
  {{- include "workload.probeHandler" $ | trim | nindent 2 }}
  periodSeconds: {{ $period }}
  failureThreshold: {{ mul 4 $threshold }}
{{- end }}
{{- end }}
{{- end }}
