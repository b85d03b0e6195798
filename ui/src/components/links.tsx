// Mantine's components as links of the router, with its types for addresses.

import { Anchor, Button, Menu, NavLink, Text, type AnchorProps, type ButtonProps, type MenuItemProps, type NavLinkProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef } from "react";

import { isWebAddress } from "../lib/names";

type Native = Omit<ComponentPropsWithRef<"a">, "color" | "style" | "size" | "onClick"> & {
  onClick?: React.MouseEventHandler<HTMLAnchorElement>;
};

function AnchorBase(props: AnchorProps & Native) {
  return <Anchor {...props} />;
}

function ButtonBase(props: ButtonProps & Native) {
  return <Button component="a" {...props} />;
}

function NavBase(props: NavLinkProps & Native) {
  return <NavLink component="a" {...props} />;
}

function MenuItemBase(props: MenuItemProps & Native) {
  return <Menu.Item component="a" {...props} />;
}

export const TextLink = createLink(AnchorBase);
export const ButtonLink = createLink(ButtonBase);
export const NavigationLink = createLink(NavBase);
export const MenuLink = createLink(MenuItemBase);

/** Only a web address becomes a link; anything else that a statement names is shown as text. */
export function OutsideLink({ address, size = "sm" }: { address: string; size?: "xs" | "sm" }) {
  return isWebAddress(address) ? (
    <Anchor href={address} rel="noopener noreferrer" target="_blank" size={size} className="wrap">
      {address}
    </Anchor>
  ) : (
    <Text size={size} component="span" className="wrap">
      {address}
    </Text>
  );
}
