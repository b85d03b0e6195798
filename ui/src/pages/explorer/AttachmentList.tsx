// Attachments with a preview of pictures, sound, film and text. Anything else is only offered for download.

import { Anchor, Card, Group, Image, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconFile } from "@tabler/icons-react";

import { attachmentUrl } from "../../api/statements";
import { useText } from "../../i18n/text";
import { formatBytes } from "../../lib/format";
import type { StatementAttachment } from "./statement";
import styles from "./Attachment.module.css";

/** Texts up to this size are shown. */
const TEXT_BYTES_MAX = 64 << 10;
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

export function AttachmentList({ lrs, attachments }: { lrs: string; attachments: StatementAttachment[] }) {
  const { t, language } = useText();
  if (attachments.length === 0) return null;
  return (
    <div>
      <Title order={2} size="h5" mb="xs">
        {t("attachments_title")}
      </Title>
      <Stack gap="sm">
        {attachments.map((attachment, at) => (
          <Card key={`${at} ${attachment.sha2}`} withBorder padding="sm">
            <Preview lrs={lrs} attachment={attachment} />
            <Group gap="xs" mt="xs" wrap="nowrap">
              <IconFile size={18} aria-hidden />
              <div style={{ minWidth: 0 }}>
                <Anchor href={attachmentUrl(lrs, attachment.sha2)} download size="sm" className="wrap">
                  {attachment.display === "" ? t("attachment") : attachment.display}
                </Anchor>
                <Text size="xs" c="dimmed" className="wrap">
                  {attachment.contentType} · {formatBytes(language, attachment.length)}
                </Text>
              </div>
            </Group>
          </Card>
        ))}
      </Stack>
    </div>
  );
}

function Preview({ lrs, attachment }: { lrs: string; attachment: StatementAttachment }) {
  const url = attachmentUrl(lrs, attachment.sha2);
  const type = attachment.contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (PICTURES.includes(type)) return <Image src={url} alt={attachment.display} mah={280} fit="contain" radius="sm" />;
  if (type.startsWith("audio/")) return <audio src={url} controls className={styles["player"]} aria-label={attachment.display} />;
  if (type.startsWith("video/")) return <video src={url} controls className={styles["player"]} aria-label={attachment.display} />;
  const isText = type.startsWith("text/") || type === "application/json";
  return isText && attachment.length <= TEXT_BYTES_MAX ? <TextPreview lrs={lrs} attachment={attachment} /> : null;
}

function TextPreview({ lrs, attachment }: { lrs: string; attachment: StatementAttachment }) {
  const { data } = useQuery({
    queryKey: ["lrs", lrs, "attachment", attachment.sha2],
    queryFn: async () => (await fetch(attachmentUrl(lrs, attachment.sha2))).text(),
  });
  return data === undefined ? null : (
    <pre className={styles["text"]} tabIndex={0} aria-label={attachment.display}>
      {data}
    </pre>
  );
}
