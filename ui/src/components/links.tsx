// Mantine's components as links of the router, with its types for addresses.

import { Anchor, Button, Menu, NavLink, type AnchorProps, type ButtonProps, type MenuItemProps, type NavLinkProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef } from "react";

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
