// Attachments with a preview of pictures, sound, film and text. Anything else is only offered for download.

import { Anchor, Card, Group, Image, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconFile } from "@tabler/icons-react";

import { failureOf } from "../../api/client";
import { attachmentUrl } from "../../api/statements";
import { OutsideLink } from "../../components/links";
import { useText } from "../../i18n/text";
import { formatBytes } from "../../lib/format";
import type { StatementAttachment } from "./statement";
import styles from "./Attachment.module.css";

/** Texts up to this size are shown. */
const TEXT_BYTES_MAX = 64 << 10;
/** What the server gives out to be shown; anything else it gives out to be saved only. */
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const SOUNDS = ["audio/mpeg", "audio/ogg"];
const FILMS = ["video/mp4", "video/webm"];

interface Props {
  lrs: string;
  statement: string;
  attachments: StatementAttachment[];
}

export function AttachmentList({ lrs, statement, attachments }: Props) {
  const { t } = useText();
  if (attachments.length === 0) return null;
  return (
    <div>
      <Title order={2} size="h5" mb="xs">
        {t("attachments_title")}
      </Title>
      <Stack gap="sm">
        {attachments.map((attachment, at) => (
          <AttachmentCard key={`${at} ${attachment.sha2}`} url={attachmentUrl(lrs, statement, attachment.sha2)} attachment={attachment} />
        ))}
      </Stack>
    </div>
  );
}

interface AttachmentProps {
  url: string;
  attachment: StatementAttachment;
}

function AttachmentCard({ url, attachment }: AttachmentProps) {
  const { t, language } = useText();
  const name = attachment.display === "" ? t("attachment") : attachment.display;
  const { fileUrl } = attachment;
  // With an address elsewhere, the bytes need not have been sent.
  const { data: isHere = fileUrl === null } = useQuery({
    queryKey: ["attachment", url],
    queryFn: async () => (await fetch(url, { method: "HEAD" })).ok,
    enabled: fileUrl !== null,
  });
  return (
    <Card withBorder padding="sm">
      {isHere && <Preview url={url} attachment={attachment} />}
      <Group gap="xs" mt="xs" wrap="nowrap">
        <IconFile size={18} aria-hidden />
        <div style={{ minWidth: 0 }}>
          {isHere ? (
            <Anchor href={url} download size="sm" className="wrap">
              {name}
            </Anchor>
          ) : (
            <Text size="sm" className="wrap">
              {name}
            </Text>
          )}
          <Text size="xs" c="dimmed" className="wrap">
            {attachment.contentType} · {formatBytes(language, attachment.length)}
          </Text>
          {fileUrl !== null && <OutsideLink address={fileUrl} size="xs" />}
        </div>
      </Group>
    </Card>
  );
}

function Preview({ url, attachment }: AttachmentProps) {
  const type = attachment.contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (PICTURES.includes(type)) return <Image src={url} alt={attachment.display} mah={280} fit="contain" radius="sm" />;
  if (SOUNDS.includes(type)) return <audio src={url} controls className={styles["player"]} aria-label={attachment.display} />;
  if (FILMS.includes(type)) return <video src={url} controls className={styles["player"]} aria-label={attachment.display} />;
  const isText = type.startsWith("text/") || type === "application/json";
  return isText && attachment.length <= TEXT_BYTES_MAX ? <TextPreview url={url} attachment={attachment} /> : null;
}

function TextPreview({ url, attachment }: AttachmentProps) {
  const { data } = useQuery({
    queryKey: ["attachment text", url],
    queryFn: async () => {
      const response = await fetch(url);
      if (!response.ok) throw await failureOf(response);
      return response.text();
    },
  });
  return data === undefined ? null : (
    <pre className={styles["text"]} tabIndex={0} aria-label={attachment.display}>
      {data}
    </pre>
  );
}
