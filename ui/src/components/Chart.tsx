// A bar chart by day. ECharts is loaded with the first chart, and only the parts that it needs.

import { useComputedColorScheme } from "@mantine/core";
import { BarChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use as registerParts, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

registerParts([BarChart, GridComponent, TooltipComponent, CanvasRenderer]);

export interface Bar {
  label: string;
  value: number;
}

interface Props {
  bars: Bar[];
  label: string;
  height?: number;
}

const COLORS = {
  light: { bar: "#0f7480", text: "#4d5761", line: "#dfe5e8" },
  dark: { bar: "#53b2bb", text: "#a9b4bc", line: "#2a3339" },
};

export default function Chart({ bars, label, height = 200 }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");

  useEffect(() => {
    if (box.current === null) return;
    const chart = init(box.current);
    draw(chart, bars, COLORS[scheme]);
    const observer = new ResizeObserver(() => chart.resize());
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      chart.dispose();
    };
  }, [bars, scheme]);

  return <div ref={box} role="img" aria-label={label} style={{ height }} />;
}

function draw(chart: EChartsType, bars: Bar[], colors: (typeof COLORS)["light"]): void {
  const animate = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  chart.setOption({
    animation: animate,
    grid: { left: 8, right: 8, top: 12, bottom: 4, containLabel: true },
    // The tooltip is drawn on the canvas: one of HTML carries inline styles, which the policy for content forbids.
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: {
      type: "category",
      data: bars.map((bar) => bar.label),
      axisLabel: { color: colors.text },
      axisLine: { lineStyle: { color: colors.line } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      axisLabel: { color: colors.text },
      splitLine: { lineStyle: { color: colors.line } },
    },
    series: [
      {
        type: "bar",
        data: bars.map((bar) => bar.value),
        itemStyle: { color: colors.bar, borderRadius: [3, 3, 0, 0] },
        barMaxWidth: 32,
      },
    ],
  });
}
