"""What a shop asks its own Saleor for: in its storefront, and to install the app without the dashboard."""

INSTALL = """mutation Install {
  appInstall(
    input: {
      appName: "Changliao Pay"
      manifestUrl: "{manifest}"
      permissions: [HANDLE_PAYMENTS]
    }
  ) {
    appInstallation { status message }
    errors { field code message }
  }
}
"""
STOREFRONT = """mutation Pay($checkout: ID!, $amount: PositiveDecimal!) {
  transactionInitialize(
    id: $checkout
    amount: $amount
    paymentGateway: {
      id: "{gateway}"
      data: { returnUrl: "https://shop.example/checkout/back" }
    }
  ) {
    transaction { id }
    transactionEvent { type message }   # CHARGE_ACTION_REQUIRED or AUTHORIZATION_ACTION_REQUIRED
    data                                # send the person to data.url
    errors { field code message }
  }
}

# when the person is back:
mutation Done($transaction: ID!) {
  transactionProcess(id: $transaction) {
    transactionEvent { type message }   # CHARGE_SUCCESS or AUTHORIZATION_SUCCESS: checkoutComplete
    data
    errors { field code message }
  }
}
"""
LINES = (
    ("Storefront (GraphQL)", "graphql", STOREFRONT),
    ("Installing (GraphQL)", "graphql", INSTALL),
)
"""Where, language, code; `{manifest}` and `{gateway}` are filled in."""
